"""Lengths of projected patches, a few at a time so that they stay in the cache of a core."""

import numpy as np
from numpy.typing import NDArray

from methods.blas import one_core
from methods.features.patch_features import Patches

PATCHES = 512
COLUMNS = 64


class Projection:
    """The length of (x - m) A for patches x, with a vector m (d,) and a matrix A (d, k).

    Zeros at the ends of columns of A are not multiplied: where a Gaussian sees all features, its A
    is triangular. Cost: at most d k multiplications a patch.
    """

    def __init__(self, mean: NDArray[np.float32], matrix: NDArray[np.float32]) -> None:
        self._mean = mean
        blocks = np.split(matrix, range(COLUMNS, matrix.shape[1], COLUMNS), axis=1)
        self._blocks = [block[: _rows_used(block)] for block in blocks]

    def lengths(self, patches: Patches) -> NDArray[np.float32]:
        """The lengths (n,) for patches (n, d)."""
        squares = np.zeros(len(patches), dtype=np.float32)
        room = np.empty_like(patches[:PATCHES])
        with one_core():
            for first in range(0, len(patches), PATCHES):
                some = slice(first, first + PATCHES)
                differences = room[: len(patches) - first]
                np.subtract(patches[some], self._mean, out=differences)
                for block in self._blocks:
                    projected = differences[:, : len(block)] @ block
                    squares[some] += np.einsum("nk,nk->n", projected, projected)
        return np.sqrt(squares)


def _rows_used(block: NDArray[np.float32]) -> int:
    """Up to which row some columns of a matrix have numbers other than zero."""
    used = np.flatnonzero(block.any(axis=1))
    return int(used[-1]) + 1 if len(used) else 0
