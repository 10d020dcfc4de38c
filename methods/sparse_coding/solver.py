"""Exact l1 sparse coding of many patches over one dictionary.

For a patch s (d pixels) and a dictionary D (atoms as columns here, as rows in the arrays) the code is

    a(s) = argmin_a  1/2 ||s - D a||^2 + penalty ||a||_1

With the correlations c = D^T (s - D a) of the residual, a is optimal when

    c_j = penalty sign(a_j)   where a_j is not 0,
    |c_j| <= penalty          everywhere.

The solver is an active-set method. Atoms that violate the second line most are taken in one after
the other; the minimiser over the active atoms with their signs held (the target) is kept by
bordering the inverse of their Gram matrix; the weights move towards it until one reaches zero,
whose atom then leaves. Every move lowers the objective, so the method ends. Only then are the
correlations of all atoms brought up to date, from the rows of the Gram matrix D^T D.

Feature-sign search (Lee, Battle, Raina and Ng, NIPS 2006) is the nearest relative.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

BLOCK = 2048
"""Patches whose correlations are computed together."""
GROUP = 32
"""Patches that one thread codes in a row with the same workspace."""
TOGETHER = 6
"""Atoms taken in at most between two looks at all correlations."""
INDEPENDENCE = 1e-4
"""An atom depends on others when they explain all but this share of its squared norm."""

Floats = NDArray[Any]
F = TypeVar("F", bound=Callable[..., Any])


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
) -> Codes:
    """The l1 sparse codes of patches (n, d) over a dictionary (k, d) of unit-norm atoms.

    A patch is done when no optimality condition is violated by more than

        tolerance * max(penalty, max_j |d_j^T s| / 100);

    its `violation` is the largest violation over the maximum in this formula. A patch for which
    single precision does not get there is solved again in double precision.

    A patch gets the same code whatever else is in the batch and however many threads there are.
    Costs the product of patches and dictionary, O(n d k), and some O(k + active atoms) for each
    active atom.
    """
    gram = dictionary @ dictionary.T
    parts = [
        _encode_block(patches[first : first + BLOCK], dictionary, gram, penalty, tolerance)
        for first in range(0, max(len(patches), 1), BLOCK)
    ]
    sizes, atoms, weights, figures = (np.concatenate(column) for column in zip(*parts, strict=True))
    starts = np.concatenate(([0], np.cumsum(sizes)))
    return Codes(starts, atoms, weights, *np.ascontiguousarray(figures.T))


def _encode_block(
    patches: Floats, dictionary: Floats, gram: Floats, penalty: float, tolerance: float
) -> tuple[NDArray[np.int64], NDArray[np.int32], Floats, Floats]:
    """Sizes, atoms and weights of the codes, and (error, l1 norm, violation) of each patch."""
    padded = np.zeros((BLOCK, patches.shape[1]), dtype=np.float32)
    padded[: len(patches)] = patches
    # Always a product of the same shape: BLAS rounds differently for another one.
    correlations = (padded @ dictionary.T)[: len(patches)]
    sizes, atoms, weights, figures = _solve(
        patches, dictionary, correlations, gram, penalty, tolerance
    )
    hard = np.flatnonzero(figures[:, 2] > tolerance)
    if len(hard):
        wide_patches, wide = patches[hard].astype(np.float64), dictionary.astype(np.float64)
        correlations = np.stack([wide @ patch for patch in wide_patches])
        sizes[hard], atoms[hard], weights[hard], figures[hard] = _solve(
            wide_patches, wide, correlations, wide @ wide.T, penalty, tolerance
        )
    kept = np.arange(atoms.shape[1]) < sizes[:, None]
    return sizes, atoms[kept], weights[kept], figures


def _solve(
    patches: Floats,
    dictionary: Floats,
    correlations: Floats,
    gram: Floats,
    penalty: float,
    tolerance: float,
) -> tuple[NDArray[np.int64], NDArray[np.int32], Floats, Floats]:
    real = gram.dtype.type
    count, capacity = len(patches), min(dictionary.shape)
    sizes = np.zeros(count, dtype=np.int64)
    atoms = np.empty((count, capacity), dtype=np.int32)
    weights = np.empty((count, capacity), dtype=real)
    figures = np.empty((count, 3), dtype=real)
    arrays = (patches, dictionary, correlations, gram)
    _solve_all(*arrays, real(penalty), real(tolerance), sizes, atoms, weights, figures)
    return sizes, atoms, weights, figures


class _Workspace(NamedTuple):
    """What a thread needs for one patch; the first n entries belong to the n active atoms."""

    atoms: Any
    signs: Any
    weights: Any
    target: Any
    """Minimiser over the active atoms with their signs held."""
    inverse: Any
    """Inverse of the active atoms' Gram matrix."""
    row: Any
    border: Any
    correlations: Any
    """Of every atom with the residual at `weights`; 0 for active atoms."""


def _compile(**options: Any) -> Callable[[F], F]:
    """Compile to machine code, kept on disk where a folder for it can be written."""
    options |= {"nogil": True, "fastmath": {"reassoc", "contract", "nsz", "nnan"}}

    def decorate(function: F) -> F:
        try:
            return cast(F, numba.njit(function, cache=True, **options))
        except RuntimeError:
            return cast(F, numba.njit(function, **options))

    return decorate


@_compile()
def _take_in(
    n: int, atom: int, start: Any, correlation: Any, signed: Any, gram: Floats, w: _Workspace
) -> bool:
    """Make `atom` active with the weight `start`; False if it depends on the active ones.

    `correlation` is the atom's at the target and `signed` the penalty with the atom's sign. The
    inverse is bordered and the target moves to the new minimiser. ``w.row`` holds the atom's Gram
    entries; ``w.border`` receives its coefficients on the active atoms.
    """
    real = gram.dtype.type
    schur = gram[atom, atom]
    for i in range(n):
        total = real(0)
        for other in range(n):
            total += w.inverse[i, other] * w.row[other]
        w.border[i] = total
        schur -= total * w.row[i]
    if schur <= gram[atom, atom] * real(INDEPENDENCE):
        return False
    scale = real(1) / schur
    change = (correlation - signed) * scale
    for i in range(n):
        scaled = w.border[i] * scale
        for other in range(n):
            w.inverse[i, other] += scaled * w.border[other]
        w.inverse[i, n] = -scaled
        w.inverse[n, i] = -scaled
        w.target[i] -= w.border[i] * change
    w.inverse[n, n] = scale
    w.atoms[n] = atom
    w.signs[n] = real(1) if correlation > 0 else real(-1)
    w.weights[n] = start
    w.target[n] = start + change
    return True


@_compile()
def _leave(n: int, leaving: int, w: _Workspace) -> None:
    """Take an atom out of the n active ones; the last one gets its place."""
    last = n - 1
    scale = w.inverse.dtype.type(1) / w.inverse[leaving, leaving]
    for i in range(n):
        w.border[i] = w.inverse[leaving, i]
    for i in range(n):
        scaled = w.border[i] * scale
        for other in range(n):
            w.inverse[i, other] -= scaled * w.border[other]
    change = w.target[leaving] * scale
    for i in range(n):
        w.target[i] -= w.border[i] * change
    w.atoms[leaving] = w.atoms[last]
    w.signs[leaving] = w.signs[last]
    w.weights[leaving] = w.weights[last]
    w.target[leaving] = w.target[last]
    for i in range(n):
        w.inverse[leaving, i] = w.inverse[last, i]
    for i in range(n):
        w.inverse[i, leaving] = w.inverse[i, last]
    # The corner is what the row's copy put into the column just read.
    w.inverse[leaving, leaving] = w.inverse[last, last]


@_compile()
def _make_room(n: int, sign: Any, w: _Workspace) -> tuple[int, Any]:
    """Bring in an atom that depends on the active ones, until one of these reaches zero.

    Along the way the reconstruction stays the same and the l1 norm falls. The atom at zero leaves.
    Returns the new number of active atoms and the weight of the atom brought in.
    """
    leaving, step = -1, w.row.dtype.type(np.inf)
    for i in range(n):
        toward_zero = w.border[i] * sign * w.signs[i]
        if toward_zero > 0 and abs(w.weights[i]) < step * toward_zero:
            leaving, step = i, abs(w.weights[i]) / toward_zero
    if leaving < 0:
        return n, w.row.dtype.type(0)
    for i in range(n):
        w.weights[i] -= step * sign * w.border[i]
        w.target[i] = w.weights[i]
    w.weights[leaving] = 0
    w.target[leaving] = 0
    _leave(n, leaving, w)
    return n - 1, step * sign


@_compile()
def _take_in_violators(
    n: int, penalty: Any, slack: Any, peak: Any, gram: Floats, w: _Workspace
) -> int:
    """Take in the atoms that violate optimality most; returns the new number of active atoms.

    An atom whose violation ends as others are taken in is passed over.
    """
    real = gram.dtype.type
    before = n
    bar = penalty + max(slack, (peak - penalty) * real(0.5))
    for _ in range(TOGETHER):
        atom, most = -1, bar
        for j in range(len(gram)):
            if abs(w.correlations[j]) > most:
                atom, most = j, abs(w.correlations[j])
        if atom < 0:
            break
        correlation = w.correlations[atom]
        w.correlations[atom] = 0
        for i in range(n):
            w.row[i] = gram[atom, w.atoms[i]]
            correlation -= w.row[i] * (w.target[i] - w.weights[i])
        if abs(correlation) <= penalty + slack:
            continue
        sign = real(1) if correlation > 0 else real(-1)
        start = real(0)
        taken = n < len(w.atoms) and _take_in(n, atom, start, correlation, penalty * sign, gram, w)
        while not taken and n == before and penalty > 0 and n > 0:
            n, step = _make_room(n, sign, w)
            if step == 0:
                break
            before = n
            start += step
            for i in range(n):
                w.row[i] = gram[atom, w.atoms[i]]
            taken = _take_in(n, atom, start, correlation, penalty * sign, gram, w)
        if taken:
            n += 1
    return n


@_compile()
def _move(n: int, penalty: Any, w: _Workspace) -> int:
    """Go to the target; atoms whose weight reaches zero on the way leave. Returns who is left."""
    real = w.weights.dtype.type
    while True:
        leaving, step = -1, real(1)
        if penalty > 0:
            for i in range(n):
                if w.target[i] * w.signs[i] < 0:
                    ratio = w.weights[i] / (w.weights[i] - w.target[i])
                    if ratio < step:
                        leaving, step = i, ratio
        for i in range(n):
            w.weights[i] += step * (w.target[i] - w.weights[i])
        if leaving < 0:
            return n
        _leave(n, leaving, w)
        n -= 1


@_compile()
def _refresh(n: int, correlations: Floats, gram: Floats, w: _Workspace) -> None:
    """The correlations of all atoms at the weights."""
    w.correlations[:] = correlations
    for i in range(n):
        weight = w.weights[i]
        row = gram[w.atoms[i]]
        for j in range(len(gram)):
            w.correlations[j] -= weight * row[j]


@_compile()
def _solve_one(
    correlations: Floats, gram: Floats, penalty: Any, tolerance: Any, w: _Workspace
) -> tuple[int, Any]:
    """Code one patch into the workspace: number of active atoms and violation."""
    real = gram.dtype.type
    n = 0
    scale = max(penalty, np.abs(correlations).max() / real(100))
    slack = tolerance * scale
    w.correlations[:] = correlations
    violation = real(0)
    for _ in range(10 * len(w.atoms) + 100):
        drift = real(0)
        for i in range(n):
            w.row[i] = w.correlations[w.atoms[i]] - penalty * w.signs[i]
            drift = max(drift, abs(w.row[i]))
            w.correlations[w.atoms[i]] = 0
        peak = np.abs(w.correlations).max()
        violation = max(peak - penalty, drift) / scale if scale > 0 else real(0)
        if violation <= tolerance:
            break
        for i in range(n):
            w.target[i] = w.weights[i]
        if drift > slack:
            for i in range(n):
                for other in range(n):
                    w.target[i] += w.inverse[i, other] * w.row[other]
        else:
            n = _take_in_violators(n, penalty, slack, peak, gram, w)
        n = _move(n, penalty, w)
        _refresh(n, correlations, gram, w)
    return n, max(violation, real(0))


@_compile()
def _squared_error(
    patch: Floats, dictionary: Floats, n: int, w: _Workspace, residual: Floats
) -> Any:
    residual[:] = patch
    for i in range(n):
        weight = w.weights[i]
        atom = dictionary[w.atoms[i]]
        for pixel in range(len(patch)):
            residual[pixel] -= weight * atom[pixel]
    total = patch.dtype.type(0)
    for pixel in range(len(patch)):
        total += residual[pixel] * residual[pixel]
    return total


@_compile(parallel=True)
def _solve_all(
    patches: Floats,
    dictionary: Floats,
    correlations: Floats,
    gram: Floats,
    penalty: Any,
    tolerance: Any,
    sizes: NDArray[np.int64],
    atoms: NDArray[np.int32],
    weights: Floats,
    figures: Floats,
) -> None:
    """Code all patches into `sizes`, `atoms`, `weights` and `figures`."""
    capacity = atoms.shape[1]
    for group in numba.prange((len(patches) + GROUP - 1) // GROUP):
        w = _Workspace(
            np.empty(capacity, np.int32),
            np.empty(capacity, gram.dtype),
            np.empty(capacity, gram.dtype),
            np.empty(capacity, gram.dtype),
            np.empty((capacity, capacity), gram.dtype),
            np.empty(capacity, gram.dtype),
            np.empty(capacity, gram.dtype),
            np.empty(len(gram), gram.dtype),
        )
        residual = np.empty(patches.shape[1], gram.dtype)
        for p in range(group * GROUP, min((group + 1) * GROUP, len(patches))):
            n, violation = _solve_one(correlations[p], gram, penalty, tolerance, w)
            sizes[p] = n
            l1_norm = gram.dtype.type(0)
            for i in range(n):
                atoms[p, i] = w.atoms[i]
                weights[p, i] = w.weights[i]
                l1_norm += abs(w.weights[i])
            figures[p, 0] = _squared_error(patches[p], dictionary, n, w, residual)
            figures[p, 1] = l1_norm
            figures[p, 2] = violation
