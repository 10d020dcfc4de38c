"""Shapes that a person drew on an image, and the pixels that they cover.

Places are x and y in pixels from the upper left corner of the image, whatever the size at which it
was shown: the centre of the first pixel is (0.5, 0.5).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from images.colour import Mask


@dataclass(frozen=True)
class Rectangle:
    """Whole pixels: columns from `left` to before `right`, rows from `top` to before `bottom`."""

    left: int
    top: int
    right: int
    bottom: int
    erases: bool = False

    def clipped(self, height: int, width: int) -> tuple[slice, slice]:
        """Its rows and columns inside an image; empty where it lies outside."""
        return (
            slice(min(max(0, self.top), height), min(max(0, self.bottom), height)),
            slice(min(max(0, self.left), width), min(max(0, self.right), width)),
        )


@dataclass(frozen=True)
class Stroke:
    """The way of a round brush: pixels whose centre is at most `radius` from the line."""

    points: tuple[tuple[float, float], ...]
    """x and y along the way; one point is a dab."""
    radius: float
    erases: bool = False


Shape = Rectangle | Stroke


def draw(mask: Mask, shapes: Sequence[Shape]) -> Mask:
    """A copy of a mask (H, W) with shapes added or erased one after another."""
    drawn = mask.copy()
    for shape in shapes:
        if isinstance(shape, Rectangle):
            drawn[shape.clipped(*mask.shape)] = not shape.erases
        else:
            _stroke(drawn, shape)
    return drawn


def _stroke(mask: Mask, stroke: Stroke) -> None:
    points = np.array(stroke.points, dtype=np.float64).reshape(-1, 2)
    for start, stop in zip(points, [*points[1:], points[-1]], strict=True):
        low = np.floor(np.minimum(start, stop) - stroke.radius).astype(int)
        high = np.ceil(np.maximum(start, stop) + stroke.radius).astype(int)
        inside = Rectangle(low[0], low[1], high[0], high[1]).clipped(*mask.shape)
        rows, columns = np.mgrid[inside] + 0.5
        along = stop - start
        length = max(float(along @ along), 1e-12)
        share = ((columns - start[0]) * along[0] + (rows - start[1]) * along[1]) / length
        share = share.clip(0, 1)
        apart = np.hypot(columns - start[0] - share * along[0], rows - start[1] - share * along[1])
        mask[inside][apart <= stroke.radius] = not stroke.erases
