"""Where the cells of a classifier look, measured by what squares of noise do to its scores."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import shift

from images.colour import Image
from methods.patches.grid import PatchGrid, ScoreMap
from methods.progress import Progress

SQUARES = 64
"""Squares that are measured, at most."""
APART = 8
"""Cells from one square to the next, so that the mark of each is alone."""
SIDE = 1.5
"""Side of a square, in cells."""
LEAST = 0.25
"""Of the largest change of a cell near a square, the share that a cell's must have to play a part;
a network that pools over the whole image changes a little everywhere."""

Offset = tuple[float, float]
"""Down and right, in cells."""


def measured_offset(
    images: Sequence[Image],
    grid: Callable[[Image], PatchGrid],
    scores: Callable[[Image], ScoreMap],
    rng: np.random.Generator,
    progress: Progress,
) -> Offset:
    """By how much the cells look farther down and right than the grid says.

    A head weighs the channels of the last map as its classes need them, and the channels do not all
    look at the middle of their cells. `grid` and `scores` give those of an image, (rows, columns).
    The offset is the median, over squares of noise on images, of the way from the centre of gravity
    of the squared changes of scores to the middle of the square. (0, 0) where images have fewer
    than `APART` cells on a side. Cost: two passes over at most `SQUARES` images.
    """
    found: list[NDArray[np.float64]] = []
    for done, index in enumerate(rng.permutation(len(images)).tolist()):
        if len(found) >= SQUARES or done >= SQUARES:
            break
        image = images[index]
        cells = grid(image)
        marked, middles = _with_squares(image, cells, rng)
        if middles:
            change = np.square(scores(marked).astype(np.float64) - scores(image))
            found += list(_ways(change, cells, middles))
        progress(min(1.0, max(len(found), done + 1) / SQUARES))
    if not found:
        return 0.0, 0.0
    down, right = np.median(found, axis=0).tolist()
    return down, right


def registered(scores: ScoreMap, grid: PatchGrid, offset: Offset) -> ScoreMap:
    """A map (H, W) of which every score is put where its cell looks."""
    moved: ScoreMap = shift(scores, in_pixels(offset, grid), order=1, mode="nearest")
    return moved


def in_pixels(offset: Offset, grid: PatchGrid) -> tuple[float, float]:
    """An offset in pixels of the image that has the grid."""
    down, right = offset
    return down * _pitch(grid.tops), right * _pitch(grid.lefts)


def _with_squares(
    image: Image, grid: PatchGrid, rng: np.random.Generator
) -> tuple[Image, list[tuple[float, float]]]:
    """An image with squares of noise, and the pixel in the middle of each."""
    marked = image.copy()
    low, high = float(image.min()), float(image.max())
    places = [_middles(starts, grid.window, rng) for starts in (grid.tops, grid.lefts)]
    side = max(3, round(SIDE * min(_pitch(grid.tops), _pitch(grid.lefts))))
    middles = []
    for row in places[0]:
        for column in places[1]:
            corner = np.rint([row - (side - 1) / 2, column - (side - 1) / 2]).astype(int)
            top, left = corner.clip(0).tolist()
            square = marked[top : top + side, left : left + side]
            square[...] = rng.uniform(low, high, square.shape)
            height, width = square.shape[:2]
            middles.append((top + (height - 1) / 2, left + (width - 1) / 2))
    return marked, middles


def _middles(
    starts: NDArray[np.int64], window: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Places along one side of an image, `APART` cells from each other and a cell off the grid."""
    centres = starts + (window - 1) / 2
    chosen = centres[APART // 2 :: APART]
    chosen = chosen[: max(0, len(centres) // APART)]
    places: NDArray[np.float64] = chosen + rng.uniform(-0.5, 0.5, len(chosen)) * _pitch(starts)
    return places


def _ways(
    change: NDArray[np.float64], grid: PatchGrid, middles: Sequence[tuple[float, float]]
) -> Iterator[NDArray[np.float64]]:
    """For each square the way, in cells, from the centre of gravity of what changed around it."""
    centres = [starts + (grid.window - 1) / 2 for starts in (grid.tops, grid.lefts)]
    pitches = np.array([_pitch(grid.tops), _pitch(grid.lefts)])
    for middle in middles:
        near = [
            np.abs(along - at) <= APART / 2 * pitch
            for along, at, pitch in zip(centres, middle, pitches, strict=True)
        ]
        energy = change[np.ix_(*near)]
        if not energy.any():
            continue
        energy = np.where(energy >= LEAST * energy.max(), energy, 0)
        seen = np.array(
            [
                energy.sum(axis=1) @ centres[0][near[0]],
                energy.sum(axis=0) @ centres[1][near[1]],
            ]
        )
        yield (np.array(middle) - seen / energy.sum()) / pitches


def _pitch(starts: NDArray[np.int64]) -> float:
    """Pixels from one cell to the next."""
    return float(starts[-1] - starts[0]) / max(1, len(starts) - 1) or 1.0
