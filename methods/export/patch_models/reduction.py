"""Standardised patches in fewer numbers, alone or followed by another linear map."""

import numpy as np
from numpy.typing import NDArray

from methods.export.cells import Cells
from methods.export.graph import Graph
from methods.patches.reduction import Reduction


def reduced(
    g: Graph, reduction: Reduction, cells: Cells, then: NDArray[np.floating] | None = None
) -> str:
    """Patches (k, n) as `Reduction` makes them, followed by a matrix (k, m) where there is one."""
    basis = reduction.basis_
    if then is not None:
        basis = (basis.astype(np.float64) @ then).astype(np.float32)
    centred = g("Sub", cells.patches, reduction.mean_[:, None])
    return g("MatMul", np.ascontiguousarray(basis.T), centred)
