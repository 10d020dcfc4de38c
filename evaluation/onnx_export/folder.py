"""What is written for a method: the graph, what must be known to use it, and an example."""

import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evaluation.assessment import Assessment
from evaluation.comparison.comparison import Comparison, MethodResult
from evaluation.comparison.storage import writing
from evaluation.decisions.image_scores import ImageScore
from evaluation.decisions.thresholds import Level, Threshold
from evaluation.level_threshold import level_threshold
from evaluation.metrics.curves import Undefined
from images.colour import Image
from images.dataset import Picture
from images.errors import AnomalyError
from images.version import VERSION
from methods.detector import Detector
from methods.export import onnx_file

ThresholdOf = Callable[[Assessment, Level], Threshold]
"""The threshold of a level; may raise `Undefined`."""

FORMAT = "anomaly-compare onnx 1"
MODEL_FILE, ABOUT_FILE, EXAMPLE_FILE = "model.onnx", "model.json", "example.py"
WHITES = (255, 1023, 4095, 16383, 65535)
"""Largest values of 8 to 16 bits, of which images are looked at for."""
LOOKED_AT = 5
"""Normal images whose values tell that."""
EXACT = 0.01
"""How far a value times the right one of `WHITES` is from a whole number at most."""
SCORE = ImageScore(share=onnx_file.SHARE)
"""The image score that a graph gives."""
INTENSITY = (
    "float32 (height, width, 3), black 0, white 1, grey images with three equal channels. 8-bit "
    "values are divided by 255, deeper ones by 'white', the value of white in the images of the "
    "comparison, where it is known."
)


def why_not(result: MethodResult) -> str:
    """Why the method cannot be exported, in a sentence; empty where it can. Reads no model."""
    if result.model_mb * 2**20 > onnx_file.LARGEST:
        return onnx_file.too_large(result.variant.label, result.model_mb * 2**20)
    label = result.variant.label
    try:
        return onnx_file.why_not(result.variant.new_detector(), label)
    except AnomalyError as error:  # such as a network that is not there any more
        return f"{label} cannot be exported as ONNX: {error}"


def write_folder(
    comparison: Comparison,
    assessment: Assessment,
    folder: Path,
    threshold_of: ThresholdOf = level_threshold,
) -> None:
    """Write `model.onnx`, `model.json` and `example.py` into a folder, which is made.

    `threshold_of` gives the thresholds of pixels and of images, by default those of the usual rule.
    Raises `DetectorError` when the method cannot be exported and `WriteError`.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    detector = assessment.result.detector()
    with writing(folder / MODEL_FILE):
        onnx_file.export_onnx(detector, folder / MODEL_FILE)
    facts = about(comparison, assessment, detector, threshold_of)
    example = Path(__file__).with_name(EXAMPLE_FILE).read_text(encoding="utf-8")
    for name, text in (
        (ABOUT_FILE, json.dumps(facts, indent=2, allow_nan=False)),
        (EXAMPLE_FILE, example),
    ):
        with writing(folder / name):
            (folder / name).write_text(text, encoding="utf-8")


def archive(
    comparison: Comparison, assessment: Assessment, threshold_of: ThresholdOf = level_threshold
) -> bytes:
    """The same files as one ZIP archive."""
    buffer = io.BytesIO()
    with tempfile.TemporaryDirectory(prefix="anomaly-compare-") as scratch:
        write_folder(comparison, assessment, Path(scratch), threshold_of)
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
            for name in (MODEL_FILE, ABOUT_FILE, EXAMPLE_FILE):
                packed.write(Path(scratch) / name, name)
    return buffer.getvalue()


def other_score(comparison: Comparison, assessment: Assessment) -> str:
    """Why the threshold of images is none for the score of the graph; empty where it is one."""
    judged = assessment.protocol.image_score
    if judged != SCORE:
        return f"the graph gives the {SCORE.text()}, and images were judged by the {judged.text()}"
    if _is_restricted(comparison):
        return "the graph scores all pixels, and images were judged by their region of interest"
    return ""


def _is_restricted(comparison: Comparison) -> bool:
    return any(picture.read_counted for picture in comparison.data.normal)


def about(
    comparison: Comparison,
    assessment: Assessment,
    detector: Detector,
    threshold_of: ThresholdOf = level_threshold,
) -> dict[str, Any]:
    """What `model.json` holds: how images enter, thresholds, display range and metrics."""
    result = assessment.result
    pixel = _threshold(threshold_of, assessment, "pixel")
    part = ", of all pixels, not of the region of interest" if _is_restricted(comparison) else ""
    comparable = not other_score(comparison, assessment)
    image = _threshold(threshold_of, assessment, "image") if comparable else None
    scale = assessment.display_range(pixel.value if pixel else assessment.usual_score)
    return {
        "format": FORMAT,
        "version": VERSION,
        "method": result.variant.label,
        "detector": result.variant.detector,
        "parameters": result.params,
        "trained_on": f"{len(comparison.data.normal)} normal images of {comparison.data.name}",
        "intensity": INTENSITY,
        "white": white_of(comparison.data.normal),
        "size": _size(comparison, detector),
        "image_score": SCORE.text() + part,
        "image_threshold": image and image.value,
        "image_threshold_set_on": image and f"{image.rule.title}: {image.set_on}",
        "pixel_threshold": pixel and pixel.value,
        "pixel_threshold_set_on": pixel and f"{pixel.rule.title}: {pixel.set_on}",
        "display": [scale.low, scale.high],
        "metrics": assessment.metrics.values,
    }


def white_of(pictures: Sequence[Picture]) -> int | None:
    """The value of white from which images were made; None where their values tell none."""
    chosen = np.unique(np.linspace(0, len(pictures) - 1, LOOKED_AT).round().astype(int))
    images = [pictures[at].read() for at in chosen.tolist()] if pictures else []
    return next((white for white in WHITES if images and _whole(images, white)), None)


def _whole(images: Sequence[Image], white: int) -> bool:
    return all(np.abs(each * white - np.rint(each * white)).max() < EXACT for each in images)


def _threshold(threshold_of: ThresholdOf, assessment: Assessment, level: Level) -> Threshold | None:
    try:
        return threshold_of(assessment, level)
    except Undefined:
        return None


def _size(comparison: Comparison, detector: Detector) -> list[int] | None:
    """Height and width that images must have; None where any will do."""
    if not onnx_file.has_positions(detector):
        return None
    first = comparison.normal_properties[0]
    return [int(first.height), int(first.width)]
