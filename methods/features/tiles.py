"""Which parts of an image go through a network at once, and for which cells of a grid.

A tile is a piece of the rows and a piece of the columns. An image is prepared for a network: it is
scaled, and mirrored beyond its borders.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from methods.features.backbones.backbone import Window

TILE_PIXELS = 1536 * 1536
"""Pixels that go through a network without a window at once, surroundings included."""

OVERLAP = 0.25
"""Least overlap of two windows, as a share of a window."""


@dataclass(frozen=True)
class Piece:
    """Consecutive cells along one side, and the pixels that the network is given for them."""

    cells: range
    start: int
    stop: int


@dataclass(frozen=True)
class Tiling:
    """How prepared images are cut up for a network; all lengths in pixels of these.

    Without a window, a tile brings `context` pixels around its cells along, on a grid of `unit`
    pixels. With one, a larger image is seen in windows of one size that overlap, and each cell
    comes from the window in whose middle it is most.
    """

    cell: int
    """From one cell to the next."""
    first: float
    """Where the first cell looks, in the image."""
    margin: int
    """By which the image is mirrored beyond its first pixel."""
    unit: int
    """Side of the squares that whole cells of all stages fill."""
    context: int
    window: Window | None

    def padding(self, length: int, axis: int, margin: int) -> tuple[int, int]:
        """Pixels to mirror on before and after a side: at least the margin, then whole units.

        A side shorter than a window of a fixed size is mirrored up to that.
        """
        whole = -(-(length + 2 * margin) // self.unit) * self.unit
        if self.window is not None and self.window.fixed:
            whole = max(whole, self.window.sides[axis])
        return margin, whole - length - margin

    def rows(self, cells: int, shape: Sequence[int]) -> list[Piece]:
        """The bands of cells that are described at once; `shape` is (height, width)."""
        if self.window is not None:
            return self._windows(cells, shape[0], self.window.height)
        step = max(self.context, TILE_PIXELS // shape[1] - 2 * self.context) // self.cell
        return [
            self._reach(range(first, min(first + step, cells)), shape[0])
            for first in range(0, cells, step)
        ]

    def columns(self, cells: int, shape: Sequence[int]) -> list[Piece]:
        """The parts of a band that go through the network one after another."""
        if self.window is not None:
            return self._windows(cells, shape[1], self.window.width)
        return [self._reach(range(cells), shape[1])]

    def around(self, cell: int, pieces: Sequence[Piece], length: int) -> Piece:
        """What is to be described for one cell: the piece with it, since all that is in a window
        matters, and without a window the cell alone."""
        if self.window is not None:
            return next(piece for piece in pieces if cell in piece.cells)
        return self._reach(range(cell, cell + 1), length)

    def positions(self, cells: range) -> NDArray[np.float64]:
        """The pixels of the prepared image at which cells look."""
        return self.margin + np.array(cells) * self.cell + self.first

    def _reach(self, cells: range, length: int) -> Piece:
        start = (self.margin + cells.start * self.cell - self.context) // self.unit * self.unit
        stop = -(-(self.margin + cells.stop * self.cell + self.context) // self.unit) * self.unit
        return Piece(cells, max(0, start), min(length, stop))

    def _windows(self, cells: int, length: int, size: int) -> list[Piece]:
        size = min(size, length)
        overlap = max(round(OVERLAP * size), min(2 * self.margin, size // 2))
        count = 1 + math.ceil((length - size) / (size - overlap))
        places = np.rint(np.linspace(0, length - size, count) / self.unit).astype(np.int64)
        starts = (places * self.unit).clip(0, length - size)
        middles = starts + (size - 1) / 2
        nearest = np.abs(self.positions(range(cells))[:, None] - middles).argmin(axis=1)
        ends = np.searchsorted(nearest, np.arange(count + 1))
        return [
            Piece(range(int(first), int(end)), int(start), int(start) + size)
            for first, end, start in zip(ends[:-1], ends[1:], starts, strict=True)
            if end > first
        ]
