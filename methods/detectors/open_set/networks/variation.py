"""Small changes of training images that leave their class as it is."""

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from methods.patches.grid import ScoreMap
from methods.training.crops import Batch
from methods.training.loop import Objective

SHIFT = 0.1
"""Largest shift, as a share of the side."""
TURN = math.radians(10)
"""Largest turn, radians."""
GROWTH = 0.1
"""Largest change of the size, as a share of it."""


class Varied:
    """An objective on labelled images that are shifted, turned and resized a little at random.

    With `any_turn`, images are also turned by multiples of 90 degrees and mirrored at random.
    What comes in from beyond the border is the border's own pixels.
    """

    def __init__(self, objective: Objective, any_turn: bool) -> None:
        self._objective = objective
        self._any_turn = any_turn

    def __call__(self, batch: Tensor, generator: torch.Generator) -> Tensor:
        """The loss of a varied batch."""
        images, labels = batch[:, :-1], batch[:, -1:]
        changed = functional.grid_sample(
            images,
            functional.affine_grid(
                self._changes(len(images), generator).to(images.device),
                list(images.shape),
                align_corners=False,
            ),
            padding_mode="border",
            align_corners=False,
        )
        return self._objective(torch.cat([changed, labels], dim=1), generator)

    def _changes(self, count: int, generator: torch.Generator) -> Tensor:
        """An affine map (n, 2, 3) for each image."""

        def drawn(limit: float) -> Tensor:
            return limit * (2 * torch.rand(count, generator=generator) - 1)

        angle, size = drawn(TURN), 1 + drawn(GROWTH)
        mirror = torch.ones(count)
        if self._any_turn:
            angle = angle + math.pi / 2 * torch.randint(4, (count,), generator=generator)
            mirror = 2.0 * torch.randint(2, (count,), generator=generator) - 1
        down, right = drawn(2 * SHIFT), drawn(2 * SHIFT)  # the side is 2 in a grid of torch
        across = torch.stack([size * mirror * angle.cos(), -size * angle.sin(), right], dim=1)
        along = torch.stack([size * mirror * angle.sin(), size * angle.cos(), down], dim=1)
        return torch.stack([across, along], dim=1)


def resized(image: Batch, side: int) -> Batch:
    """An image (channels, H, W) as (channels, side, side); what becomes smaller is averaged."""
    seen = torch.from_numpy(np.ascontiguousarray(image))[None]
    size = (side, side)
    resampled: Batch = functional.interpolate(seen, size=size, mode="bilinear", antialias=True)[
        0
    ].numpy()
    return resampled


def stretched(scores: ScoreMap, height: int, width: int) -> ScoreMap:
    """Scores (rows, columns) of cells that fill an image, linear between their centres, (H, W)."""
    seen = torch.from_numpy(np.ascontiguousarray(scores))[None, None]
    size = (height, width)
    larger: ScoreMap = functional.interpolate(seen, size=size, mode="bilinear")[0, 0].numpy()
    return larger
