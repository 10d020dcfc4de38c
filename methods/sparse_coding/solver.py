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

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numba
import numpy as np
from numpy.typing import NDArray

from methods.sparse_coding import active_set
from methods.sparse_coding.active_set import PADDING, PANEL, TILE
from methods.sparse_coding.vectors import LANES

CHUNK = 256
"""Patches that a thread codes before it asks for more."""

Floats = NDArray[Any]


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
    single precision does not get there is solved again in double precision.

    A patch gets the same code, to the bit, whatever else is in the batch and however many threads
    there are (all cores when `threads` is None). Costs the product of patches and dictionary,
    O(n d k), and O(n k m) for m active atoms a patch.
    """
    single = _Solver.of(dictionary.astype(np.float32), penalty, tolerance)
    chunks = [patches[first : first + CHUNK] for first in range(0, len(patches), CHUNK)]
    cores = numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
    threads = min(threads or cores, len(chunks))
    if threads > 1:
        with ThreadPoolExecutor(threads) as pool:
            parts = list(pool.map(single.solve, chunks))
    else:
        parts = [single.solve(chunk) for chunk in chunks or [patches]]
    found = _Part(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    hard = np.flatnonzero(found.figures[:, 2] > tolerance)
    if len(hard):
        double = _Solver.of(dictionary.astype(np.float64), penalty, tolerance)
        found = found.replaced(hard, double.solve(patches[hard].astype(np.float64)))
    starts = np.concatenate(([0], np.cumsum(found.sizes)))
    squared_error, l1_norm, violation = found.figures.T.astype(np.float32)
    return Codes(starts, found.atoms, found.weights, squared_error, l1_norm, violation)


class _Part(NamedTuple):
    """Codes of some patches: what `active_set.solve` fills in."""

    sizes: NDArray[np.int64]
    atoms: NDArray[np.int32]
    weights: Floats
    figures: Floats

    def replaced(self, places: NDArray[np.intp], others: "_Part") -> "_Part":
        """The same with other codes for the patches at some places."""
        atoms, weights = list(self._rows(self.atoms)), list(self._rows(self.weights))
        new = zip(places, others._rows(others.atoms), others._rows(others.weights), strict=True)
        for place, their_atoms, their_weights in new:
            atoms[place], weights[place] = their_atoms, their_weights
        sizes, figures = self.sizes.copy(), self.figures.copy()
        sizes[places], figures[places] = others.sizes, others.figures
        narrow = np.concatenate(weights).astype(self.weights.dtype)
        return _Part(sizes, np.concatenate(atoms), narrow, figures)

    def _rows(self, values: Floats) -> Iterator[Floats]:
        return iter(np.split(values, np.cumsum(self.sizes)[:-1]))


@dataclass(frozen=True)
class _Solver:
    """A dictionary laid out for the machine code, in the precision of its numbers."""

    rows: Floats
    panels: Floats
    gram: Floats
    capacity: int
    penalty: Any
    tolerance: Any

    @classmethod
    def of(cls, dictionary: Floats, penalty: float, tolerance: float) -> Self:
        atoms, pixels = dictionary.shape
        rows = np.zeros((_padded(atoms), _padded(pixels)), dtype=dictionary.dtype)
        rows[:atoms, :pixels] = dictionary
        panels = np.ascontiguousarray(
            rows[:, :pixels].reshape(-1, PANEL, pixels).transpose(0, 2, 1)
        )
        gram = active_set.correlations(rows, panels)
        real = dictionary.dtype.type
        return cls(rows, panels, gram, min(atoms, pixels), real(penalty), real(tolerance))

    def solve(self, patches: Floats) -> _Part:
        real = self.rows.dtype
        count, numbers = len(patches), len(patches) * self.capacity
        part = _Part(
            np.empty(count, dtype=np.int64),
            np.empty(numbers, dtype=np.int32),
            np.empty(numbers, dtype=real),
            np.empty((count, 3), dtype=real),
        )
        stride = -(-self.capacity // LANES) * LANES
        scratch = np.zeros(
            2 * LANES + (5 + self.capacity) * stride + (1 + TILE) * sum(self.rows.shape), real
        )
        indices = np.empty(self.capacity, dtype=np.int64)
        used = active_set.solve(
            patches,
            self.rows,
            self.panels,
            self.gram,
            self.penalty,
            self.tolerance,
            scratch,
            indices,
            *part,
        )
        return part._replace(atoms=part.atoms[:used].copy(), weights=part.weights[:used].copy())


def _padded(count: int) -> int:
    return -(-count // PADDING) * PADDING
