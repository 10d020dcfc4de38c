"""Exact search for the nearest of many vectors."""

import numpy as np
from numpy.typing import NDArray

from methods.features.patch_features import Patches

BLOCK_BYTES = 32 * 2**20
"""Of the table of products that is held at once."""


def nearest(patches: Patches, bank: Patches) -> NDArray[np.int64]:
    """For every patch (n, d) the number of the nearest vector of the bank (m, d).

    Of ||x - b||^2 = ||x||^2 - 2 x b + ||b||^2 the first part is the same for all b; the rest is one
    matrix product, which keeps all cores busy. Cost: n m d multiplications.
    """
    half_squares = np.einsum("md,md->m", bank, bank) / 2
    found = np.empty(len(patches), dtype=np.int64)
    step = max(1, BLOCK_BYTES // (4 * len(bank)))
    for start in range(0, len(patches), step):
        likeness = patches[start : start + step] @ bank.T
        likeness -= half_squares
        found[start : start + step] = likeness.argmax(axis=1)
    return found


def neighbourhoods(patches: Patches, bank: Patches, count: int) -> NDArray[np.int64]:
    """For every patch (n, d) the `count` nearest vectors of the bank (n, count), in any order.

    All of the bank where it holds no more than that.
    """
    count = min(count, len(bank))
    half_squares = np.einsum("md,md->m", bank, bank) / 2
    found = np.empty((len(patches), count), dtype=np.int64)
    step = max(1, BLOCK_BYTES // (4 * len(bank)))
    for start in range(0, len(patches), step):
        likeness = patches[start : start + step] @ bank.T - half_squares
        found[start : start + step] = np.argpartition(-likeness, count - 1, axis=1)[:, :count]
    return found


def distances(patches: Patches, others: Patches) -> NDArray[np.float32]:
    """Euclidean distances between rows (n, d) and rows (n, d), exact also where they are small."""
    differences = patches - others
    return np.sqrt(np.einsum("nd,nd->n", differences, differences))
