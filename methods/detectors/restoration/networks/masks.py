"""Disjoint masks of random squares that together cover every pixel once."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional


def random_masks(
    shape: Sequence[int], square: int, count: int, generator: torch.Generator
) -> Tensor:
    """Masks (count, 1, height, width), bool, of squares on a grid over that shape.

    Each square is in one mask, drawn so that the masks differ by one square at most.
    """
    height, width = shape
    rows, cols = -(-height // square), -(-width // square)
    order = torch.randperm(rows * cols, generator=generator)
    owner = (order % count).view(rows, cols)
    owner = owner.repeat_interleave(square, 0).repeat_interleave(square, 1)[:height, :width]
    return functional.one_hot(owner, count).movedim(2, 0)[:, None].bool()


def periodic_masks(
    shape: Sequence[int], square: int, count: int, period: int, generator: torch.Generator
) -> Tensor:
    """Masks like those of `random_masks` on a square of `period` pixels, repeated."""
    height, width = shape
    tile = random_masks((period, period), square, count, generator)
    repeats = -(-height // period), -(-width // period)
    return tile.repeat(1, 1, *repeats)[:, :, :height, :width]
