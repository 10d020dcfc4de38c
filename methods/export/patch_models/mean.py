"""The mean of normal patches."""

from methods.export.algebra import norms
from methods.export.cells import Cells, side_zones
from methods.export.graph import Graph
from methods.export.patch_models.positions import at_positions
from methods.export.registry import writes_model
from methods.models.mean import MeanModel


@writes_model(MeanModel)
def write(g: Graph, model: MeanModel, cells: Cells) -> str:
    """The distance to the mean of the same kind of cells."""
    normal = model.normal
    if normal.border is None:
        patches = at_positions(g, cells, normal.shape_)
        mean, deviation = (g.constant(each.T) for each in (normal.mean_, normal.deviation_))
    else:
        patches = cells.patches
        zones = g("Reshape", side_zones(g, cells.rows, cells.columns, normal.border), [-1])
        mean, deviation = (
            g("Transpose", g("Gather", each, zones), perm=[1, 0])
            for each in (normal.mean_, normal.deviation_)
        )
    differences = g("Sub", patches, mean)
    if model.standardise:
        differences = g("Div", differences, deviation)
    return norms(g, differences)
