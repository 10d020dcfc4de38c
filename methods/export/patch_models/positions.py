"""Cells of models that hold something for each position, and refuse grids of another shape."""

import numpy as np
from numpy.typing import NDArray

from methods.export.cells import Cells
from methods.export.graph import Graph


def at_positions(g: Graph, cells: Cells, shape: NDArray[np.int64]) -> str:
    """The patches (d, n) of cells on a grid of that shape; ONNX Runtime refuses any other."""
    rows, columns = shape.tolist()
    grid = g("Concat", g.constant([-1]), g.vector(cells.rows, cells.columns), axis=0)
    placed = g("Reshape", cells.patches, grid)
    checked = g("Add", placed, np.zeros((1, rows, columns), dtype=np.float32))
    return g("Reshape", checked, [-1, rows * columns])
