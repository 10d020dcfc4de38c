"""What the outputs of a network are, told from their shapes: feature maps, tokens, or neither."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from images.errors import AnomalyError

LARGEST_STRIDE = 64
MOST_PREFIX = 16
"""Tokens before those of the cells: one for the class, and a few registers."""

Size = tuple[int, int]
"""Height and width."""


class UnclearError(AnomalyError):
    """The shape allows several readings; the text is a clause that says which."""


@dataclass(frozen=True)
class Reading:
    """How an output becomes a feature map (1, channels, h / stride, w / stride)."""

    stride: int
    channels: int
    prefix: int | None = None
    """Tokens before those of the cells; None for a feature map."""
    channels_last: bool = False
    """Of a feature map."""

    def as_map(self, values: NDArray[np.float32], size: Size) -> NDArray[np.float32]:
        """The feature map in what came out for images of that size."""
        if self.prefix is not None:
            rows, columns = (side // self.stride for side in size)
            values = values[:, self.prefix :].reshape(1, rows, columns, self.channels)
        if self.prefix is not None or self.channels_last:
            values = values.transpose(0, 3, 1, 2)
        return np.ascontiguousarray(values, dtype=np.float32)


def read(
    shapes: Sequence[tuple[int, ...]], sizes: Sequence[Size], prefix: int | None
) -> Reading | None:
    """What fits the shapes of one output for images of one or several sizes; None if nothing does.

    Feature maps are (1, C, h, w) or (1, h, w, C), tokens (1, T, C) with T = h w + k, the k others
    first, row by row; `prefix` is k where that is known. The stride is the same along both sides,
    at most `LARGEST_STRIDE`, and divides the size. Raises `UnclearError` where several readings
    fit.
    """
    ranks = {len(shape) for shape in shapes}
    if ranks == {4}:
        fitting = _maps(shapes, sizes)
        if len(fitting) > 1:
            raise UnclearError("can be read with channels first or last")
    elif ranks == {3}:
        fitting = _tokens(shapes, sizes, prefix)
        if len(fitting) > 1:
            height, width = sizes[0]
            ways = (
                f"{each.prefix} + {height // each.stride} x {width // each.stride}"
                for each in fitting
            )
            remedies = (f"prefix={each.prefix}" for each in fitting)
            raise UnclearError(
                f"can be read as {' or '.join(ways)} tokens; add {' or '.join(remedies)}"
            )
    else:
        fitting = []
    return fitting[0] if fitting else None


def _maps(shapes: Sequence[tuple[int, ...]], sizes: Sequence[Size]) -> list[Reading]:
    found = []
    for channels_last in (False, True):
        axis = 3 if channels_last else 1
        grids = [shape[1:3] if channels_last else shape[2:] for shape in shapes]
        channels = {shape[axis] for shape in shapes}
        stride = sizes[0][0] // grids[0][0] if grids[0][0] else 0
        if len(channels) == 1 and _fits(stride, grids, sizes):
            found.append(Reading(stride, channels.pop(), channels_last=channels_last))
    return found


def _tokens(
    shapes: Sequence[tuple[int, ...]], sizes: Sequence[Size], prefix: int | None
) -> list[Reading]:
    if len({shape[2] for shape in shapes}) > 1:
        return []
    found = []
    for stride in range(1, LARGEST_STRIDE + 1):
        grids = [(height // stride, width // stride) for height, width in sizes]
        others = {
            shape[1] - rows * columns for shape, (rows, columns) in zip(shapes, grids, strict=True)
        }
        allowed = range(MOST_PREFIX + 1) if prefix is None else (prefix,)
        if len(others) == 1 and (other := others.pop()) in allowed and _fits(stride, grids, sizes):
            found.append(Reading(stride, shapes[0][2], prefix=other))
    return found


def _fits(stride: int, grids: Sequence[Sequence[int]], sizes: Sequence[Size]) -> bool:
    """Whether cells of that stride fill the images: at least two along each side."""
    return 0 < stride <= LARGEST_STRIDE and all(
        cells > 1 and cells * stride == side
        for grid, size in zip(grids, sizes, strict=True)
        for cells, side in zip(grid, size, strict=True)
    )
