"""Detectors made of network features and a model of normal patches."""

import numpy as np

from methods.errors import DetectorError
from methods.export.cells import Cells
from methods.export.graph import Graph
from methods.export.network_features import NetworkCells
from methods.export.registry import model_writer, writes_detector
from methods.features.aligned import PositionMeans
from methods.features.network import NetworkFeatures
from methods.patches.patch_detector import PatchDetector


@writes_detector(PatchDetector)
def write(g: Graph, detector: PatchDetector, image: str) -> str:
    """Features less what is usual at their positions, scores of the model, and their map."""
    features = detector.plain_
    write_model = model_writer(detector.model_)
    if not isinstance(features, NetworkFeatures) or write_model is None:
        raise DetectorError(f"{detector.name} cannot be written as a graph.")
    network = NetworkCells(g, features, image)
    cells = _aligned(g, network.cells(network.prepared()), detector.means_)
    scores = write_model(g, detector.model_, cells)
    return network.to_pixels(scores, detector.smoothing)


def _aligned(g: Graph, cells: Cells, means: PositionMeans | None) -> Cells:
    """The cells less what is usual at their positions, if the grid is that of normal images."""
    if means is None or means.offsets_ is None:
        return cells
    rows, columns, features = means.offsets_.shape
    same = g("And", g("Equal", cells.rows, rows), g("Equal", cells.columns, columns))
    offsets = np.ascontiguousarray(means.offsets_.reshape(-1, features).T)
    moved = g(
        "If",
        same,
        then_branch=g.branch(lambda: g("Sub", cells.patches, offsets)),
        else_branch=g.branch(lambda: g("Identity", cells.patches)),
    )
    return Cells(cells.rows, cells.columns, moved)
