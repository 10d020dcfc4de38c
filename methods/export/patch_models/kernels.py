"""Sums of Gaussian kernels on normal patches: a density, or support vectors."""

import numpy as np

from methods.export.algebra import log_sum_exp
from methods.export.cells import Cells, rows_of
from methods.export.graph import Graph
from methods.export.patch_models.blocks import in_blocks
from methods.export.patch_models.reduction import reduced
from methods.export.registry import writes_model
from methods.models.kernels import KernelModel


@writes_model(KernelModel)
def write(g: Graph, model: KernelModel, cells: Cells) -> str:
    """How far patches are from the points, see `kernel_distances`."""
    points = model.points_.astype(np.float64)
    width = float(model.width_)
    scale = 1 / (2 * width**2)
    heights = np.log(model.weights_.astype(np.float64)) - scale * np.square(points).sum(axis=1)
    slopes = (2 * scale * points.T).astype(np.float32)

    def score(block: str) -> str:
        logs = g("Gemm", block, slopes, heights.astype(np.float32))
        total = log_sum_exp(g, logs, axis=1)
        squares = g("ReduceSumSquare", block, axes=[1], keepdims=0)
        return g("Sub", total, g("Mul", squares, scale))

    patches = rows_of(g, reduced(g, model.reduction, cells))
    total = in_blocks(g, patches, model.reduction.length, len(points), score)
    return g("Mul", g("Sqrt", g("Max", g("Mul", total, -2.0), 0.0)), width)
