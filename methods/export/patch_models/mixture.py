"""A mixture of Gaussians of normal patches."""

import numpy as np
from numpy.typing import NDArray

from methods.detectors.patch_models.gaussian_mixture import MixtureModel
from methods.export.algebra import log_sum_exp, sums_of_squares
from methods.export.cells import Cells
from methods.export.graph import Graph
from methods.export.patch_models.reduction import reduced
from methods.export.registry import writes_model


@writes_model(MixtureModel)
def write(g: Graph, model: MixtureModel, cells: Cells) -> str:
    """How far the density is below its peak; the whitenings of all components are one matrix."""
    mixture = model.mixture_
    heights = mixture.log_scales() - mixture.log_peak
    white = np.concatenate(list(mixture.whitening_), axis=1)
    centres = np.concatenate(
        [mean @ each for mean, each in zip(mixture.means_, mixture.whitening_, strict=True)]
    )
    below = g("Sub", reduced(g, model.reduction, cells, white), _column(centres))
    squares = sums_of_squares(g, below, len(heights))
    logs = g("Add", g("Mul", squares, -0.5), _column(heights))
    found = log_sum_exp(g, logs, axis=0)
    return g("Sqrt", g("Max", g("Mul", found, -2.0), 0.0))


def _column(values: NDArray[np.float64]) -> NDArray[np.float32]:
    return values.astype(np.float32)[:, None]
