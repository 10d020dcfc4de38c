"""The mean of normal patches."""

import numpy as np

from methods.export.cells import Cells, side_zones
from methods.export.graph import Graph
from methods.export.patch_models.positions import at_positions
from methods.export.patch_models.reduction import norms
from methods.export.registry import writes_model
from methods.models.mean import MeanModel


@writes_model(MeanModel)
def write(g: Graph, model: MeanModel, cells: Cells) -> str:
    """The distance to the mean of the same kind of cells."""
    normal = model.normal
    mean, deviation = normal.mean_.T, normal.deviation_.T
    if normal.border is None:
        patches = at_positions(g, cells, normal.shape_)
        here = [np.ascontiguousarray(each) for each in (mean, deviation)]
    else:
        patches = cells.patches
        zones = side_zones(g, cells.rows, cells.columns, normal.border)
        flat = g("Reshape", zones, [-1])
        here = [g("Gather", np.ascontiguousarray(each), flat, axis=1) for each in (mean, deviation)]
    differences = g("Sub", patches, here[0])
    if model.standardise:
        differences = g("Div", differences, here[1])
    return norms(g, differences)
