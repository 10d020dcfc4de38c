"""Scores that mean the same near the border of an image as inside."""

from methods.errors import DetectorError
from methods.export.cells import Cells, zones_with_corners
from methods.export.graph import Graph
from methods.export.registry import model_writer, writes_model
from methods.patches.even_border import EvenBorder


@writes_model(EvenBorder)
def write(g: Graph, model: EvenBorder, cells: Cells) -> str:
    """The scores of the model within, divided by what is usual in their zone."""
    write_model = model_writer(model.model)
    if write_model is None:
        raise DetectorError(f"{type(model.model).__name__} cannot be written as a graph.")
    zones = zones_with_corners(g, cells.rows, cells.columns, model.border)
    usual = g("Gather", model.usual_, g("Reshape", zones, [-1]))
    return g("Div", write_model(g, model.model, cells), usual)
