"""From the map of a network's stage to the places where the cells of a grid look."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from methods.features.backbones.backbone import Stage
from methods.features.tiles import Piece, Tiling

COLUMNS_AT_ONCE = 32
"""Cells of a row that are taken from a map at once: each looks at few of its columns."""

KEPT = 512
"""Matrices that are kept, since all images of one size need the same; each has few kilobytes."""


@dataclass(frozen=True)
class Sampling:
    """How consecutive cells along one side follow from the map of a stage."""

    places: slice
    """The part of the side of the map that the cells look at."""
    weights: NDArray[np.float32]
    """(cells, places)"""


@lru_cache(maxsize=KEPT)
def sampling(
    tiling: Tiling, piece: Piece, centre: float, stride: int, length: int, *, average: bool
) -> Sampling:
    """Linear interpolation of the map of a stage, `length` long, at the cells of a piece.

    `centre` and `stride` are those of the stage. With `average` a value is the mean of three
    neighbours, of two at an end of the map.
    """
    looked = ((tiling.positions(piece.cells) - piece.start - centre) / stride).clip(0, length - 1)
    first = max(0, int(looked.min()) - 1)
    stop = min(length, int(np.ceil(looked.max())) + 2)
    weights = (1 - np.abs(looked[:, None] - np.arange(first, stop))).clip(0)
    if average:
        weights = weights @ _three_point_mean(stop - first)
    weights /= weights.sum(axis=1, keepdims=True)
    return Sampling(slice(first, stop), weights.astype(np.float32))


def sampled(
    activations: NDArray[np.float32],
    stage: Stage,
    tiling: Tiling,
    rows: Piece,
    columns: Piece,
    *,
    average: bool,
    out: NDArray[np.float32],
) -> None:
    """Write the map of a stage (channels, h, w) at a rectangle of cells.

    `out` is (channels * rows, columns). Rows come first and then columns, in both only from the
    places that cells look at.
    """

    def look(piece: Piece, length: int) -> Sampling:
        return sampling(tiling, piece, stage.centre, stage.stride, length, average=average)

    down = look(rows, activations.shape[1])
    lines = down.weights @ activations[:, down.places]
    flat = lines.reshape(len(out), -1)
    for cells in in_steps(columns.cells, COLUMNS_AT_ONCE):
        across = look(replace(columns, cells=cells), activations.shape[2])
        start = cells.start - columns.cells.start
        found = out[:, start : start + len(cells)]
        np.matmul(flat[:, across.places], across.weights.T, out=found)


def in_steps(cells: range, step: int) -> Iterator[range]:
    """Consecutive parts of `step` cells; the last may be shorter."""
    for first in range(cells.start, cells.stop, step):
        yield range(first, min(first + step, cells.stop))


def _three_point_mean(length: int) -> NDArray[np.float64]:
    """Matrix of the mean over a cell and its neighbours."""
    return (np.eye(length, k=-1) + np.eye(length) + np.eye(length, k=1)) / 3
