"""Gaussians of normal patches, one for all positions or one for each."""

import numpy as np

from methods.export.algebra import norms
from methods.export.cells import Cells, rows_of
from methods.export.graph import Graph
from methods.export.patch_models.positions import at_positions
from methods.export.patch_models.reduction import reduced
from methods.export.registry import writes_model
from methods.models.gaussian import GaussianAtEachPosition, SharedGaussian


@writes_model(SharedGaussian)
def write_shared(g: Graph, model: SharedGaussian, cells: Cells) -> str:
    """The Mahalanobis distance; reduction and whitening are one matrix."""
    return norms(g, reduced(g, model.reduction, cells, model.whitening_.astype(np.float64)))


@writes_model(GaussianAtEachPosition)
def write_each(g: Graph, model: GaussianAtEachPosition, cells: Cells) -> str:
    """The Mahalanobis distance to the Gaussian of the position."""
    checked = Cells(cells.rows, cells.columns, at_positions(g, cells, model.shape_))
    patches = rows_of(g, reduced(g, model.reduction, checked))
    differences = g("Unsqueeze", g("Sub", patches, model.mean_), [1])
    white = g("MatMul", differences, model.whitening_)
    return norms(g, g("Squeeze", white, [1]), axis=1)
