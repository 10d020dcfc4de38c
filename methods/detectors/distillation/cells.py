"""Which cells of normal images students learn from, and crops of them with what the teacher gives.

A cell is a square of 8 pixels of the image as the teacher sees it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from methods.detector import DetectorError
from methods.features.patch_features import Band

CELL = 8
"""Side of a cell, pixels."""
MARGIN = 32
"""Pixels around a cell that are kept with it: the largest receptive field is 65 pixels wide."""
MOST = 16
"""Cells along the sides of a crop, where images have as many."""
FEWEST_IMAGES = 10
"""With fewer images a part of each is held out, else one in `ONE_IN`."""
ONE_IN = 5

Array = NDArray[np.float32]
Shape = tuple[int, int]


@dataclass(frozen=True)
class Rectangle:
    """Rows and columns of cells; none where a length is 0."""

    rows: range
    columns: range

    @property
    def shape(self) -> Shape:
        """How many rows and columns it has."""
        return len(self.rows), len(self.columns)

    @property
    def empty(self) -> bool:
        """Whether it holds no cell."""
        return min(self.shape) == 0

    def mask(self, shape: Shape) -> NDArray[np.bool_]:
        """Which cells of a grid of that shape it holds, flattened."""
        held = np.zeros(shape, dtype=bool)
        held[self.rows.start : self.rows.stop, self.columns.start : self.columns.stop] = True
        return held.ravel()


@dataclass(frozen=True)
class Share:
    """The cells of one image that students learn from, and those that are held out."""

    learned: Rectangle
    held_out: Rectangle


def divide(shapes: Sequence[Shape]) -> list[Share]:
    """Which cells of images with grids of these shapes to learn from.

    Of ten images or more every fifth is held out. Of fewer, a fifth of each is held out, at one end
    of its longer side, and no pixel that a held-out cell sees is one of the training cells; where
    an image has no room for that, one of several images is held out. Raises `DetectorError` when
    there is a single one.
    """
    if len(shapes) < FEWEST_IMAGES:
        strips = [_strip(shape, far=index % 2 == 0) for index, shape in enumerate(shapes)]
        if not any(strip.learned.empty for strip in strips):
            return strips
        if len(shapes) == 1:
            raise DetectorError(
                f"it has {shapes[0][1]} x {shapes[0][0]} cells; a single normal image needs at "
                f"least {2 * MARGIN // CELL + 4} along one side, so that a part can be held out"
            )
    every = min(ONE_IN, len(shapes))
    return [
        Share(_rows(shape, 0, 0), _rows(shape, 0, shape[0]))
        if index % every == every - 1
        else Share(_rows(shape, 0, shape[0]), _rows(shape, 0, 0))
        for index, shape in enumerate(shapes)
    ]


def _strip(shape: Shape, far: bool) -> Share:
    length = max(shape)
    held_out = -(-length // ONE_IN)
    gap = 2 * MARGIN // CELL
    learned = max(0, length - held_out - gap)
    along = _rows if shape[0] >= shape[1] else _columns
    if far:
        return Share(along(shape, 0, learned), along(shape, length - held_out, length))
    return Share(along(shape, length - learned, length), along(shape, 0, held_out))


def _rows(shape: Shape, start: int, stop: int) -> Rectangle:
    return Rectangle(range(start, stop), range(shape[1]))


def _columns(shape: Shape, start: int, stop: int) -> Rectangle:
    return Rectangle(range(shape[0]), range(start, stop))


def crop_size(parts: Iterable[Rectangle]) -> Shape:
    """Rows and columns of crops that fit into all of these that are not empty."""
    shapes = [part.shape for part in parts if not part.empty]
    rows, columns = np.min([*shapes, (MOST, MOST)], axis=0).tolist()
    return rows, columns


def draw_crops(
    seen: Array,
    bands: Iterable[Band],
    inside: Rectangle,
    size: Shape,
    count: int,
    rng: np.random.Generator,
) -> list[Array]:
    """Packed crops of one image at random places of a rectangle that has room for their size.

    Crops begin before the first cell as often as after it and are then moved inside, so that cells
    at the border, where surroundings are mirrored, are learned too.

    `seen` is the image (channels, 8 rows + 64, 8 columns + 64), 32 pixels larger than its cells on
    each side, `bands` the teacher's features of it.
    """
    corner = np.array((inside.rows.start, inside.columns.start))
    drawn = rng.integers(1 - np.array(size), inside.shape, size=(count, 2))
    starts = corner + drawn.clip(0, np.subtract(inside.shape, size))
    features: list[Array] = []
    for band in bands:
        across = band.grid.shape[1]
        patches = band.patches.reshape(-1, across, band.patches.shape[1])
        if not features:
            features = [np.empty((*size, patches.shape[2]), np.float32) for _ in range(count)]
        first, last = band.first // across, band.first // across + len(patches)
        for (top, left), kept in zip(starts.tolist(), features, strict=True):
            begin, end = max(top, first), min(top + size[0], last)
            if begin < end:
                part = patches[begin - first : end - first, left : left + size[1]]
                kept[begin - top : end - top] = part
    return [
        pack(around(seen, top, left, size), kept)
        for (top, left), kept in zip(starts.tolist(), features, strict=True)
    ]


def around(seen: Array, top: int, left: int, size: Shape) -> Array:
    """The pixels of some cells and of their surroundings."""
    rows, columns = (
        slice(CELL * start, CELL * (start + cells) + 2 * MARGIN)
        for start, cells in zip((top, left), size, strict=True)
    )
    return seen[:, rows, columns]


def pack(pixels: Array, features: Array) -> Array:
    """Pixels (channels, 8 rows + 64, 8 columns + 64) and features (rows, columns, d) as one array.

    The 64 pixels of a cell come first, as channels of a grid that reaches 32 pixels, four cells,
    beyond the features on each side: (64 channels + d, rows + 8, columns + 8).
    """
    channels, height, width = pixels.shape
    blocks = pixels.reshape(channels, height // CELL, CELL, width // CELL, CELL)
    planes = blocks.transpose(0, 2, 4, 1, 3).reshape(-1, height // CELL, width // CELL)
    beyond = MARGIN // CELL
    padded = np.pad(np.moveaxis(features, 2, 0), ((0, 0), (beyond, beyond), (beyond, beyond)))
    return np.concatenate([planes, padded])
