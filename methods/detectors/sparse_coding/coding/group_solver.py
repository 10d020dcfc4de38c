"""Group-sparse coding of patches over several dictionaries, such as one for each scale.

With the dictionaries D_1 ... D_m side by side in D, and a_g the part of a code a that weighs the
atoms of D_g,

    a(s) = argmin_a  1/2 ||s - D a||^2 + penalty ||a||_1 + group_penalty sum_g ||a_g||_2

(Carrera, Boracchi, Foi and Wohlberg, Scale-invariant anomaly detection with multiscale group-sparse
models, ICIP 2016). The last term makes a patch use few of the dictionaries. With the correlations
c = D^T (s - D a) of the residual and S the soft threshold at `penalty`, a is optimal when

    c_j = penalty sign(a_j) + group_penalty a_j / ||a_g||   where a_j is not 0,
    |c_j| <= penalty                                        where a_j is 0 and a_g is not,
    ||S(c_g)|| <= group_penalty                             where a_g is 0.

`group_newton` says how it is found.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from methods.detectors.sparse_coding.coding import group_newton
from methods.detectors.sparse_coding.coding.batch import Layout, Part, code
from methods.detectors.sparse_coding.coding.blocks import TILE, Floats
from methods.detectors.sparse_coding.coding.solver import Codes
from methods.detectors.sparse_coding.coding.vectors import LANES


@dataclass(frozen=True)
class GroupCodes(Codes):
    """Codes over several dictionaries; atoms are numbered through all of them."""

    group_norm: NDArray[np.float32]
    """sum_g ||a_g||_2 of each patch."""


def encode_groups(
    patches: NDArray[np.float32],
    dictionaries: Sequence[NDArray[np.float32]],
    penalty: float,
    group_penalty: float,
    *,
    tolerance: float = 1e-3,
    threads: int | None = None,
) -> GroupCodes:
    """The group-sparse codes of patches (n, d) over dictionaries (k_g, d) of unit-norm atoms.

    A patch is done when no optimality condition is violated by more than

        tolerance * max(penalty, group_penalty, max_j |d_j^T s| / 100);

    its `violation` is the largest violation over the maximum in this formula. Patches do not
    influence one another, as in `encode`, but a code costs more than one of `encode` does: some
    Newton steps of O(m^3) for m active atoms, and a group penalty leaves more atoms active.
    """

    def solver(real: Any) -> Callable[[Floats], Part]:
        return _solver(dictionaries, real, penalty, group_penalty, tolerance)

    found = code(patches, solver, tolerance, threads)
    starts = np.concatenate(([0], np.cumsum(found.sizes)))
    quantities = found.quantities.T.astype(np.float32)
    return GroupCodes(starts, found.atoms, found.weights, *quantities)


def _solver(
    dictionaries: Sequence[Floats],
    real: Any,
    penalty: float,
    group_penalty: float,
    tolerance: float,
) -> Callable[[Floats], Part]:
    """The compiled solver for some dictionaries in a precision."""
    layout = Layout.of(dictionaries, real)
    groups, (atoms, pixels) = len(dictionaries), layout.rows.shape
    group_of = np.repeat(np.arange(groups), np.diff(layout.starts))
    stride = atoms + LANES
    matrices = (2 * atoms + groups) * stride
    numbers = 2 * LANES + 3 * groups + 6 * stride + matrices + (1 + TILE) * (atoms + pixels)

    def solve(patches: Floats) -> Part:
        part = Part.empty(len(patches), atoms, 4, real)
        used = group_newton.solve(
            patches,
            layout.rows,
            layout.panels,
            layout.gram,
            group_of,
            layout.starts,
            real(penalty),
            real(group_penalty),
            real(tolerance),
            np.zeros(numbers, dtype=real),
            np.empty(2 * atoms + groups, dtype=np.int64),
            *part,
        )
        found = part.cut(used)
        return found._replace(atoms=layout.original[found.atoms])

    return solve
