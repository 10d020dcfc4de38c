"""Exact l1 sparse coding of many patches over one dictionary.

For a patch s of d pixels and a dictionary D of k atoms, columns here and rows in the arrays, the
code is

    a(s) = argmin_a  1/2 ||s - D a||^2 + penalty ||a||_1

(basis pursuit denoising, the lasso). With the correlations c = D^T (s - D a) of the residual, a is
optimal when

    c_j = penalty * sign(a_j)   where a_j is not 0,
    |c_j| <= penalty            everywhere.

`active_set` says how it is found.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from methods.detectors.sparse_coding.coding import active_set
from methods.detectors.sparse_coding.coding.batch import Layout, Part, code
from methods.detectors.sparse_coding.coding.blocks import TILE, Floats
from methods.detectors.sparse_coding.coding.vectors import LANES


@dataclass(frozen=True)
class Codes:
    """Sparse codes of n patches, in compressed rows, and what is known of each.

    The code of patch i has the weights ``weights[starts[i]:starts[i + 1]]`` on the atoms
    ``atoms[starts[i]:starts[i + 1]]``, in no particular order; all other weights are zero.
    """

    starts: NDArray[np.int64]
    atoms: NDArray[np.int32]
    weights: NDArray[np.float32]
    squared_error: NDArray[np.float32]
    """||s - D a||^2 of each patch."""
    l1_norm: NDArray[np.float32]
    """||a||_1 of each patch."""
    violation: NDArray[np.float32]
    """How far each code is from optimal, in the units of the tolerance (see `encode`)."""

    def __len__(self) -> int:
        return len(self.squared_error)

    def dense(self, atoms: int) -> NDArray[np.float32]:
        """The codes as an array (n, atoms)."""
        codes = np.zeros((len(self), atoms), dtype=np.float32)
        codes[np.repeat(np.arange(len(self)), np.diff(self.starts)), self.atoms] = self.weights
        return codes


def encode(
    patches: NDArray[np.float32],
    dictionary: NDArray[np.float32],
    penalty: float,
    *,
    tolerance: float = 1e-3,
    threads: int | None = None,
) -> Codes:
    """The l1 sparse codes of patches (n, d) over a dictionary (k, d) of unit-norm atoms.

    A patch is done when no optimality condition is violated by more than

        tolerance * max(penalty, max_j |d_j^T s| / 100);

    its `violation` is the largest violation over the maximum in this formula. A patch for which
    single precision does not get there is solved again in double precision. Weights are returned in
    single precision, so violations below about 1e-7 (||s|| + ||a||_1) cannot be told.

    A patch gets the same code, to the bit, whatever else is in the batch and however many threads
    there are (all cores when `threads` is None). Costs the product of patches and dictionary,
    O(n d k), and O(n k m) for m active atoms a patch.
    """

    def solver(real: Any) -> Callable[[Floats], Part]:
        return _solver(dictionary, real, penalty, tolerance)

    found = code(patches, solver, tolerance, threads)
    starts = np.concatenate(([0], np.cumsum(found.sizes)))
    squared_error, l1_norm, violation = found.quantities.T.astype(np.float32)
    return Codes(starts, found.atoms, found.weights, squared_error, l1_norm, violation)


def _solver(
    dictionary: Floats, real: Any, penalty: float, tolerance: float
) -> Callable[[Floats], Part]:
    """The compiled solver for one dictionary in a precision."""
    layout = Layout.of([dictionary], real)
    capacity = min(dictionary.shape)
    stride = -(-capacity // LANES) * LANES
    numbers = 2 * LANES + (5 + capacity) * stride + (1 + TILE) * sum(layout.rows.shape)

    def solve(patches: Floats) -> Part:
        part = Part.empty(len(patches), capacity, 3, real)
        used = active_set.solve(
            patches,
            layout.rows,
            layout.panels,
            layout.gram,
            real(penalty),
            real(tolerance),
            np.zeros(numbers, dtype=real),
            np.empty(capacity, dtype=np.int64),
            *part,
        )
        return part.cut(used)

    return solve
