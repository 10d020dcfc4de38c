"""Score maps by ONNX Runtime alone, beside those of the detector."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from scipy.ndimage import gaussian_filter

from images.colour import Image, to_rgb
from methods import registry
from methods.detector import Detector
from methods.export.onnx_file import IMAGE, SCORE, SCORE_MAP, SHARE, export_onnx
from methods.patches.grid import ScoreMap, mean_of_highest

CLOSE = 1e-4
"""Largest difference of scores by graph and detector, relative to the highest score."""


def texture(height: int, width: int, seed: int, colours: int = 3) -> Image:
    """Smooth noise, darker or brighter from seed to seed; grey with one colour."""
    drawn = np.random.default_rng(seed).standard_normal((height, width, colours))
    noise = gaussian_filter(drawn, (1.2, 1.2, 0))
    image = (0.45 + 0.02 * (seed % 3) + 0.15 * noise / noise.std()).clip(0, 1)
    return image.astype(np.float32)[..., 0] if colours == 1 else image.astype(np.float32)


def fitted(
    name: str,
    params: Mapping[str, Any],
    size: tuple[int, int] = (40, 56),
    count: int = 3,
    colours: int = 3,
) -> Detector:
    """A detector fitted on textures."""
    normal = [texture(*size, seed, colours) for seed in range(count)]
    return registry.create(name, params).fit(normal)


def scored(path: Path, image: Image) -> tuple[ScoreMap, float]:
    """The score map and the score that the graph gives."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    scores, score = session.run([SCORE_MAP, SCORE], {IMAGE: np.ascontiguousarray(to_rgb(image))})
    return scores, float(score)


def check(detector: Detector, path: Path, images: Iterable[Image]) -> None:
    """Assert that graph and detector give the same scores."""
    export_onnx(detector, path)
    for image in images:
        expected = detector.score_map(image)
        scores, score = scored(path, image)
        assert scores.shape == image.shape[:2]
        assert scores == pytest.approx(expected, rel=0, abs=CLOSE * float(np.abs(expected).max()))
        assert score == pytest.approx(mean_of_highest(expected, SHARE), rel=CLOSE)
