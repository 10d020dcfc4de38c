"""A grey image at another size: Pillow's bilinear filter as two products with thin matrices.

For floats this takes a fraction of Pillow's time.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from images.colour import Image

LINES_AT_ONCE = 32
"""Rows or columns that are made at once: each looks at few of those of the image."""
KEPT = 32
"""Sides whose matrices are kept for images of the same size: less than a megabyte each."""


@dataclass(frozen=True)
class Lines:
    """Consecutive rows or columns of the resized image, and those that they are made of."""

    made: slice
    seen: slice
    weights: NDArray[np.float32]
    """(made, seen)"""


def resize(image: Image, out: Image) -> None:
    """Write a grey image (h, w) at the size of `out` (H, W), averaged where it shrinks."""
    down, across = (
        _lines(before, after) for before, after in zip(image.shape, out.shape, strict=True)
    )
    between = np.empty((len(out), image.shape[1]), dtype=np.float32)
    for rows in down:
        np.matmul(rows.weights, image[rows.seen], out=between[rows.made])
    for columns in across:
        np.matmul(between[:, columns.seen], columns.weights.T, out=out[:, columns.made])


@lru_cache(maxsize=KEPT)
def _lines(before: int, after: int) -> tuple[Lines, ...]:
    """What makes one of `after` pixels of a side of `before` pixels.

    A pixel is the mean of those around the place of its middle, with weights that fall linearly
    to zero at a distance of one pixel of the larger grid of the two.
    """
    step = before / after
    reach = max(step, 1.0)
    middles = (np.arange(after) + 0.5) * step
    found = []
    for first in range(0, after, LINES_AT_ONCE):
        some = middles[first : first + LINES_AT_ONCE]
        start = max(0, int(some[0] - reach))
        stop = min(before, int(np.ceil(some[-1] + reach)))
        away = np.abs(np.arange(start, stop) + 0.5 - some[:, None]) / reach
        weights = (1 - away).clip(0)
        weights /= weights.sum(axis=1, keepdims=True)
        made = slice(first, first + len(some))
        found.append(Lines(made, slice(start, stop), weights.astype(np.float32)))
    return tuple(found)
