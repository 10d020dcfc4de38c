"""Where in a patch its code goes wrong: the worst part of the reconstruction error."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from methods.detectors.sparse_coding.coding.compiling import compiled
from methods.detectors.sparse_coding.coding.solver import Codes

BLOCK = 3
"""Pixels along a side of the blocks whose errors are compared."""


def largest_block_error(
    patches: NDArray[np.float32], dictionary: NDArray[np.float32], codes: Codes
) -> NDArray[np.float32]:
    """The largest squared error (n,) of 3 x 3 pixels of patches (n, d) as they were coded.

    With the residual r = s - D a as a square picture, cut into blocks B of 3 x 3 pixels from its
    top left corner (smaller ones at the far sides where 3 does not divide the side),

        max_B sum_(p in B) r_p^2.

    A small defect may leave a patch's whole error usual, but not where it lies. Costs O(d) a patch
    and active atom.
    """
    window = round(patches.shape[1] ** 0.5)
    largest = np.empty(len(patches), dtype=np.float32)
    _largest(
        np.ascontiguousarray(patches),
        np.ascontiguousarray(dictionary),
        codes.starts,
        codes.atoms,
        codes.weights,
        window,
        largest,
    )
    return largest


@compiled
def _largest(
    patches: Any, dictionary: Any, starts: Any, atoms: Any, weights: Any, window: Any, largest: Any
) -> None:
    residual = np.empty(patches.shape[1], dtype=np.float32)
    for n in range(len(patches)):
        residual[:] = patches[n]
        for at in range(starts[n], starts[n + 1]):
            atom = dictionary[atoms[at]]
            weight = weights[at]
            for p in range(len(residual)):
                residual[p] -= weight * atom[p]
        worst = 0.0
        for top in range(0, window, BLOCK):
            for left in range(0, window, BLOCK):
                error = 0.0
                for row in range(top, min(top + BLOCK, window)):
                    for col in range(left, min(left + BLOCK, window)):
                        error += residual[row * window + col] ** 2
                worst = max(worst, error)
        largest[n] = worst
