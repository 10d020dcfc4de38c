"""The subspace in which normal patches lie."""

import numpy as np

from methods.detectors.patch_models.pca_residual import SubspaceModel
from methods.export.cells import Cells
from methods.export.graph import Graph
from methods.export.registry import writes_model


@writes_model(SubspaceModel)
def write(g: Graph, model: SubspaceModel, cells: Cells) -> str:
    """The squared norm of what the components miss."""
    components = model.components_
    centred = g("Sub", cells.patches, model.mean_[:, None])
    standard = g("Mul", centred, (1 / model.spread_)[:, None])
    kept = g("MatMul", np.ascontiguousarray(components.T), g("MatMul", components, standard))
    return g("ReduceSumSquare", g("Sub", standard, kept), axes=[0], keepdims=0)
