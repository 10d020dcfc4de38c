"""Activations of a pretrained network as the description of a patch."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from images.colour import Image, to_rgb
from methods.features import backbones
from methods.features.patch_features import Band, PatchFeatures
from methods.patches import PatchGrid, ScoreMap

FINEST_CELL = 8
"""Pixels from one cell to the next where the chosen stages have a finer grid than that."""

MARGIN = 64
"""Pixels by which an image is mirrored beyond its borders, so that the zeros with which a network
pads its input stay away from the cells."""

CONTEXT = 256
"""Pixels of its surroundings that a tile brings along; farther ones change nothing visible."""

TILE_PIXELS = 1280 * 1280
"""Pixels that go through the network at once, surroundings included: about 400 MB."""


class NetworkFeatures(PatchFeatures):
    """Activations of one or several stages of a backbone, on the grid of the finest of them.

    Coarser stages are interpolated and finer ones sampled at the centres of the cells, which is
    where the network itself looks; cells are never finer than `FINEST_CELL` pixels. With
    `average` every activation becomes the mean over 3 x 3 cells of its own stage. An image keeps
    its aspect: with `short_side` = 0 it is used as it is, otherwise it is resized until its short
    side has that many pixels.
    """

    def __init__(
        self, backbone: str, stages: Sequence[int], *, average: bool = True, short_side: int = 0
    ) -> None:
        self.backbone = backbones.get(backbone)
        self.stages = [self.backbone.stage(number) for number in sorted(set(stages))]
        self.average = average
        self.short_side = short_side
        self.cell = max(FINEST_CELL, self.stages[0].stride)
        self.align = max(stage.stride for stage in self.stages)

    def grid(self, height: int, width: int) -> PatchGrid:
        down, across = (
            _source_centres(self._centres(scaled), scaled / side)
            for scaled, side in zip(self._scaled(height, width), (height, width), strict=True)
        )
        window = 2 * round(2 * self.cell * height / self._scaled(height, width)[0]) + 1
        tops, lefts = (
            np.rint(centres - (window - 1) / 2).astype(np.int64) for centres in (down, across)
        )
        return PatchGrid(height, width, window, tops, lefts)

    def bands(self, image: Image) -> Iterator[Band]:
        grid = self.grid(*image.shape[:2])
        rows, columns = grid.shape
        padded = self._prepare(image)
        height = TILE_PIXELS // padded.shape[3] - 2 * CONTEXT
        step = max(1, height // self.cell)
        for first in range(0, rows, step):
            patches = self._describe(padded, range(first, min(first + step, rows)), range(columns))
            yield Band(patches, first * columns, grid)

    def to_pixels(self, grid: PatchGrid, scores: ScoreMap) -> ScoreMap:
        return grid.interpolate(scores)

    def at(self, image: Image, grid_row: int, grid_col: int) -> Band:
        grid = self.grid(*image.shape[:2])
        patch = self._describe(
            self._prepare(image),
            range(grid_row, grid_row + 1),
            range(grid_col, grid_col + 1),
        )
        return Band(patch, grid_row * grid.shape[1] + grid_col, grid)

    def _scaled(self, height: int, width: int) -> tuple[int, int]:
        if self.short_side == 0:
            return height, width
        scale = self.short_side / min(height, width)
        return round(height * scale), round(width * scale)

    def _centres(self, length: int) -> NDArray[np.float64]:
        """Where the cells along one side of a scaled image look, in its pixels."""
        return np.arange(-(-length // self.cell), dtype=float) * self.cell + self.stages[0].centre

    def _prepare(self, image: Image) -> Tensor:
        """The image (1, 3, h, w) as the network wants it, scaled and mirrored at its borders."""
        height, width = self._scaled(*image.shape[:2])
        pixels = torch.from_numpy(to_rgb(image)).permute(2, 0, 1)[None]
        if (height, width) != image.shape[:2]:
            pixels = functional.interpolate(
                pixels, (height, width), mode="bilinear", antialias=True
            )
        mean, std = (
            torch.tensor(values)[:, None, None]
            for values in (self.backbone.mean, self.backbone.std)
        )
        pixels = (255 * pixels - mean) / std
        margins = [(MARGIN, MARGIN + -length % self.align) for length in (height, width)]
        mirrored = np.pad(pixels.numpy(), ((0, 0), (0, 0), *margins), mode="reflect")
        return torch.from_numpy(mirrored).contiguous(memory_format=torch.channels_last)

    @torch.inference_mode()
    def _describe(self, padded: Tensor, rows: range, columns: range) -> NDArray[np.float32]:
        """The patches (len(rows) * len(columns), d) of a rectangle of cells."""
        network = backbones.network(
            self.backbone.name, tuple(stage.number for stage in self.stages)
        )
        top, bottom = self._extent(rows, padded.shape[2])
        left, right = self._extent(columns, padded.shape[3])
        activations = network(padded[:, :, top:bottom, left:right])
        parts = []
        for stage, map_ in zip(self.stages, activations, strict=True):
            if self.average:
                map_ = functional.avg_pool2d(map_, 3, 1, 1, count_include_pad=False)
            down = self._weights(rows, top, stage, map_.shape[2])
            across = self._weights(columns, left, stage, map_.shape[3])
            parts.append(down @ map_[0] @ across.T)
        stacked = torch.cat(parts)
        return stacked.permute(1, 2, 0).reshape(-1, len(stacked)).numpy()

    def _extent(self, cells: range, length: int) -> tuple[int, int]:
        """First and last pixel of a padded side that cells need, on the coarsest grid."""
        start = MARGIN + cells.start * self.cell - CONTEXT
        stop = MARGIN + cells.stop * self.cell + CONTEXT
        return max(0, start // self.align * self.align), min(
            length, -(-stop // self.align) * self.align
        )

    def _weights(self, cells: range, start: int, stage: backbones.Stage, length: int) -> Tensor:
        """Matrix (cells, length) that takes a stage's map to the centres of the cells."""
        centres = MARGIN + np.array(cells) * self.cell + self.stages[0].centre - start
        places = (centres - stage.centre) / stage.stride
        weights = np.zeros((len(cells), length), dtype=np.float32)
        below = np.floor(places).clip(0, length - 1).astype(int)
        above = (below + 1).clip(0, length - 1)
        share = (places - below).clip(0, 1).astype(np.float32)
        at = np.arange(len(cells))
        np.add.at(weights, (at, below), 1 - share)
        np.add.at(weights, (at, above), share)
        return torch.from_numpy(weights)


def _source_centres(centres: NDArray[np.float64], scale: float) -> NDArray[np.float64]:
    """Pixel centres of a resized image in the pixels of its source."""
    return (centres + 0.5) / scale - 0.5
