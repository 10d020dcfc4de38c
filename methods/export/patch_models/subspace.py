"""The subspace in which normal patches lie."""

import numpy as np

from methods.detectors.patch_models.pca_residual import EPSILON, SubspaceModel
from methods.export.cells import Cells
from methods.export.graph import Graph
from methods.export.registry import writes_model


@writes_model(SubspaceModel)
def write(g: Graph, model: SubspaceModel, cells: Cells) -> str:
    """The squared norm of what the components miss."""
    components = model.components_
    patches = cells.patches if model.parts is None else _normalised(g, cells.patches, model)
    centred = g("Sub", patches, model.mean_[:, None])
    standard = g("Mul", centred, (1 / model.spread_)[:, None])
    kept = g("MatMul", np.ascontiguousarray(components.T), g("MatMul", components, standard))
    return g("ReduceSumSquare", g("Sub", standard, kept), axes=[0], keepdims=0)


def _normalised(g: Graph, patches: str, model: SubspaceModel) -> str:
    """Every part of the patches (d, n) less its mean, over its standard deviation."""
    ends = [int(end) for end in np.cumsum(model.parts or [len(model.mean_)])]
    parts = []
    for start, end in zip([0, *ends], ends, strict=False):
        part = g("Slice", patches, [start], [end], [0])
        centred = g("Sub", part, g("ReduceMean", part, axes=[0], keepdims=1))
        variance = g("ReduceMean", g("Mul", centred, centred), axes=[0], keepdims=1)
        parts.append(g("Div", centred, g("Sqrt", g("Add", variance, EPSILON))))
    return g("Concat", *parts, axis=0)
