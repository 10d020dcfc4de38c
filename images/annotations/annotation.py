"""The contract of a format of annotations, and the shapes that become a mask.

Coordinates are pixels from the top left corner of the image, x to the right and y down, so that the
centre of the first pixel is at (0.5, 0.5). A pixel is in a shape when its centre is in it or on its
edge; a shape that holds no centre, since it is too thin, marks the pixels that its outline runs
through, so that a defect that somebody marked is never lost.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from images.colour import Mask
from images.errors import ImageError
from images.reading.files import File

Point = tuple[float, float]
"""x and y."""


class Shape(ABC):
    """A part of an image."""

    @abstractmethod
    def mask(self, height: int, width: int) -> Mask:
        """The pixels of an image of this size that are in it, (H, W).

        Raises ValueError when it does not fit the image.
        """


@dataclass(frozen=True)
class Polygon(Shape):
    """An area by its corners."""

    points: tuple[Point, ...]
    relative: bool = False
    """Whether coordinates are parts of the width and the height, from 0 to 1."""

    def mask(self, height: int, width: int) -> Mask:
        scale = (width, height) if self.relative else (1, 1)
        points = np.array(self.points) * scale
        return filled(points, height, width)


@dataclass(frozen=True)
class Ellipse(Shape):
    """An upright ellipse, by its centre and half axes."""

    x: float
    y: float
    across: float
    down: float

    def mask(self, height: int, width: int) -> Mask:
        angles = np.linspace(0, 2 * np.pi, 360, endpoint=False)
        around = [self.x + self.across * np.cos(angles), self.y + self.down * np.sin(angles)]
        return filled(np.stack(around, axis=1), height, width)


@dataclass(frozen=True)
class Runs(Shape):
    """Lengths of runs of pixels, by turns outside and inside, in a box of the image."""

    lengths: tuple[int, ...]
    width: int
    height: int
    left: int = 0
    top: int = 0
    by_columns: bool = False
    """Whether runs go down the columns and not along the rows."""

    def mask(self, height: int, width: int) -> Mask:
        if min(self.lengths, default=0) < 0 or sum(self.lengths) != self.width * self.height:
            raise ValueError(
                f"run lengths for {sum(self.lengths):,} pixels, of {self.width} x {self.height}"
            )
        if min(self.left, self.top, self.width - 1, self.height - 1) < 0 or (
            self.left + self.width > width or self.top + self.height > height
        ):
            raise ValueError(
                f"run lengths of {self.width} x {self.height} pixels, which go beyond it"
            )
        inside = np.arange(len(self.lengths)) % 2 == 1
        flat = np.repeat(inside, self.lengths)
        box = (
            flat.reshape(self.width, self.height).T
            if self.by_columns
            else flat.reshape(self.height, self.width)
        )
        mask = np.zeros((height, width), dtype=bool)
        mask[self.top : self.top + self.height, self.left : self.left + self.width] = box
        return mask


@dataclass(frozen=True)
class Annotated:
    """What is marked on one image."""

    image: str
    """The name of its file, perhaps with folders; without an ending when `any_ending`."""
    shapes: tuple[Shape, ...]
    labels: frozenset[str]
    """What the marked parts are called."""
    size: tuple[int, int] | None = None
    """Width and height that the image should have."""
    without_area: bool = False
    """Whether something is marked that has no area: a point, a line or a mere box around it."""
    any_ending: bool = False


class AnnotationFormat(ABC):
    """One format of annotations."""

    name: ClassVar[str]
    title: ClassVar[str]
    ending: ClassVar[str]
    """Of its files, with the dot."""

    @abstractmethod
    def parse(self, file: File) -> Sequence[Annotated] | None:
        """What a file marks, or None when it is not of this format. Raises `ImageError`."""


def draw(shapes: Sequence[Shape], source: str, height: int, width: int) -> Mask:
    """The pixels that are in any of some shapes, (H, W).

    Raises `ImageError`, which names `source`, when one does not fit the image.
    """
    mask = np.zeros((height, width), dtype=bool)
    for shape in shapes:
        try:
            mask |= shape.mask(height, width)
        except ValueError as error:
            raise ImageError(
                source, f"holds, for an image of {width} x {height} pixels, {error}"
            ) from None
    return mask


def filled(points: NDArray[Any], height: int, width: int) -> Mask:
    """The pixels in a polygon, whose corners (n, 2) are x and y."""
    from skimage.draw import line, polygon

    mask = np.zeros((height, width), dtype=bool)
    # Scikit-image has the centres of pixels at whole numbers.
    rows, columns = polygon(points[:, 1] - 0.5, points[:, 0] - 0.5, mask.shape)  # type: ignore[no-untyped-call]
    mask[rows, columns] = True
    if not mask.any():
        # Clipped, since a line to a corner far outside would take all memory.
        corners = np.floor(points.clip(-1, [width, height])).astype(int)
        for (x, y), (next_x, next_y) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            on = np.stack(line(y, x, next_y, next_x))  # type: ignore[no-untyped-call]
            inside = ((on >= 0) & (on < [[height], [width]])).all(axis=0)
            mask[tuple(on[:, inside])] = True
    return mask


def rectangle(left: float, top: float, right: float, bottom: float) -> Polygon:
    """The shape of a box."""
    return Polygon(((left, top), (right, top), (right, bottom), (left, bottom)))


def points_of(numbers: Sequence[float]) -> tuple[Point, ...]:
    """Points from x and y by turns. Raises ValueError for fewer than three."""
    if len(numbers) < 6 or len(numbers) % 2:
        raise ValueError(f"{len(numbers)} numbers for a polygon; expected three or more pairs")
    if not np.isfinite(numbers).all():
        raise ValueError("coordinates that are not numbers")
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


def items(value: Any, what: str) -> Iterator[dict[str, Any]]:
    """The objects in a list of JSON. Raises ValueError when it is none."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ValueError(f"{what} that are not a list of objects")
    yield from value
