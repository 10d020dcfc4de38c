"""A small network with an output for each cell of 8 pixels, from several receptive fields."""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise

import torch
from torch import Tensor, nn

from methods.detectors.distillation.cells import CELL, MARGIN
from methods.training.layers import draw_layer

MIDDLE = CELL // 2 - 1
"""The pixel of a cell at which receptive fields are centred."""
FIRST_FIELD = 2 * CELL + 1
"""Pixels that a cell of the first three layers sees: 5, then 2 * 2, then 2 * 4 more."""


class CellNetwork(nn.Module):
    """Describes each cell of an image by what lies in squares of several sizes around it.

    Three convolutions of stride 2 (5 x 5, 3 x 3 and 3 x 3, `width`, 2 `width` and 4 `width`
    channels) see 17 pixels; each further 3 x 3 convolution sees 16 more. A 1 x 1 convolution gives
    the `dimensions` numbers of a receptive field; fields share the layers up to their own. All
    convolutions but these have batch normalisation and leaky ReLU; none is padded, so that a field
    sees no pixel beyond it. Images are standardised on the way in. The first weights come from
    `generator`.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(
        self,
        channels: int,
        width: int,
        fields: Sequence[int],
        dimensions: int,
        *,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        convolution = partial(draw_layer, nn.Conv2d, generator=generator)
        widths = [channels, width, 2 * width, 4 * width]
        self.depths = [(field - FIRST_FIELD) // (2 * CELL) for field in fields]
        self.register_buffer("mean", torch.zeros(1, channels, 1, 1))
        self.register_buffer("deviation", torch.ones(1, channels, 1, 1))
        self.first = nn.Sequential(
            *(
                _activated(convolution(before, after, side, 2, bias=False), after)
                for side, (before, after) in zip((5, 3, 3), pairwise(widths), strict=True)
            )
        )
        self.further = nn.ModuleList(
            _activated(convolution(widths[-1], widths[-1], 3, bias=False), widths[-1])
            for _ in range(max(self.depths))
        )
        self.out = nn.ModuleList(convolution(widths[-1], dimensions, 1) for _ in fields)

    def standardise(self, images: Tensor) -> None:
        """Take mean and deviation, channel by channel, from images (n, channels, H, W)."""
        self.mean.copy_(images.mean(dim=(0, 2, 3), keepdim=True))
        self.deviation.copy_(images.std(dim=(0, 2, 3), keepdim=True).clamp_min(1e-3))

    def forward(self, images: Tensor) -> Tensor:
        """What describes the cells, (n, fields, dimensions, rows, columns).

        Images (n, channels, 8 rows + 64, 8 columns + 64) have 32 pixels on each side beyond the
        cells.
        """
        deepest = len(self.further)
        start = MARGIN + MIDDLE - CELL * (1 + deepest)
        height, width = (
            length - 2 * MARGIN + 2 * CELL * deepest + CELL + 1 for length in images.shape[2:]
        )
        seen = images[:, :, start : start + height, start : start + width]
        levels = [self.first((seen - self.mean) / self.deviation)]
        for layer in self.further:
            levels.append(layer(levels[-1]))
        return torch.stack(
            [
                head(_inner(levels[depth], deepest - depth))
                for depth, head in zip(self.depths, self.out, strict=True)
            ],
            dim=1,
        )


def _inner(level: Tensor, border: int) -> Tensor:
    """A map without the cells at its border."""
    return level[:, :, border : level.shape[2] - border, border : level.shape[3] - border]


def _activated(convolution: nn.Module, channels: int) -> nn.Sequential:
    return nn.Sequential(convolution, nn.BatchNorm2d(channels), nn.LeakyReLU(0.1))
