"""Write a fitted detector as one ONNX file, or say why that is not possible."""

from os import PathLike

import numpy as np

from methods.detector import Detector, DetectorError
from methods.export import network_features
from methods.export.graph import Graph, onnx
from methods.export.registry import detector_writer, model_writer
from methods.models.gaussian import GaussianAtEachPosition
from methods.models.mean import MeanModel
from methods.patches.even_border import EvenBorder
from methods.patches.patch_detector import PatchDetector

IMAGE, SCORE_MAP, SCORE = "image", "score_map", "score"
"""What goes in and what comes out: (H, W, 3) gives (H, W) and a single number."""

SHARE = 0.01
"""Of the pixels, the highest, whose mean is the score of an image."""

LARGEST = 2**31 - 2**20
"""Bytes that an ONNX file can hold."""


def why_not(detector: Detector, label: str = "") -> str:
    """Why a detector, fitted or not, cannot be exported, in a sentence; empty where it can.

    The sentence calls it `label`, or by its name.
    """
    reason = detector.not_exported or _missing(detector)
    return f"{label or detector.name} cannot be exported as ONNX: {reason}." if reason else ""


def export_onnx(detector: Detector, path: str | PathLike[str]) -> None:
    """Write a graph from an image to its score map and its score.

    The image is float32 (H, W, 3) of any size, a grey one with three equal channels. The score is
    the mean of the highest `SHARE` of the map. ONNX Runtime runs the graph from version 1.14. An
    image goes through as a whole, not in tiles, so memory grows with its pixels.

    Raises `DetectorError` when the detector is not fitted, cannot be exported, or needs more than
    the 2 GB that a file can hold, and OSError when the file cannot be written.
    """
    if not detector.fitted:
        raise DetectorError(f"{detector.name} is not fitted yet; fit it before exporting it.")
    if reason := why_not(detector):
        raise DetectorError(reason)
    write = detector_writer(detector)
    assert write is not None
    g = Graph()
    scores = write(g, detector, IMAGE)
    if g.nbytes > LARGEST:
        raise DetectorError(too_large(detector.name, g.nbytes))
    model = g.model(
        [(IMAGE, ["height", "width", 3])],
        [(scores, SCORE_MAP, ["height", "width"]), (_image_score(g, scores), SCORE, [])],
    )
    onnx.save(model, str(path))


def too_large(name: str, size: float) -> str:
    """The sentence that refuses a model of that many bytes."""
    return (
        f"{name} cannot be exported as ONNX: its model has {size / 2**30:.1f} GB; a file can hold "
        "2 GB."
    )


def has_positions(detector: Detector) -> bool:
    """Whether a fitted detector scores images of the size of its normal images alone."""
    model = getattr(detector, "model_", None)
    return isinstance(model, GaussianAtEachPosition) or (
        isinstance(model, MeanModel) and model.normal.border is None
    )


def _missing(detector: Detector) -> str:
    """What there is no graph of, a clause."""
    if detector_writer(detector) is None:
        return "no graph has been written for this method"
    if "image score" in detector.gives:
        return "its own score of an image has not been written as a graph"
    if isinstance(detector, PatchDetector):
        features, model = detector.parts()
        if reason := network_features.why_not(features):
            return reason
        if model_writer(model.model if isinstance(model, EvenBorder) else model) is None:
            return "no graph has been written for its model of normal patches"
    return ""


def _image_score(g: Graph, scores: str) -> str:
    """The mean of the highest scores; see `methods.patches.grid.mean_of_highest`."""
    flat = g("Reshape", scores, [-1])
    size = g.cast(g.length(flat, 0), np.float64)
    share = g("Round", g("Mul", size, np.float64(SHARE)))
    count = g("Max", g.cast(share, np.int64), 1)
    highest, _ = g.several("TopK", 2, flat, g("Reshape", count, [1]), axis=0, sorted=0)
    return g("ReduceMean", highest, axes=[0], keepdims=0)
