"""The score of the flow, and where in the image it depends on the position."""

from typing import Any

import numpy as np
import pytest
import torch

from methods import registry
from methods.detectors.patch_models.normalising_flow import (
    FlowModel,
    FlowParameters,
    NormalisingFlow,
    _held_out,
)
from methods.features.patch_features import Band
from methods.patches.grid import PatchGrid, relative_positions
from tests.methods.test_contract import texture, with_defect

RAW: dict[str, Any] = {
    "features": "raw patches",
    "window": 5,
    "stride": 2,
    "sample": 2000,
    "steps": 60,
    "batch": 64,
    "hidden": 16,
}


def model(frequencies: int = 0) -> FlowModel:
    """A flow of two numbers that is still the identity."""
    made = FlowModel(FlowParameters(frequencies=frequencies, hidden=4), seed=0)
    made.reduction.mean_ = np.zeros(2, dtype=np.float32)
    made.reduction.basis_ = np.eye(2, dtype=np.float32)
    made.flow_ = made._flow(torch.Generator().manual_seed(0))
    made.usual_ = np.float32(-2)
    return made


def band(*patches: tuple[float, float]) -> Band:
    return Band(np.array(patches, dtype=np.float32), 0, PatchGrid.regular(1, len(patches), 1, 1))


def test_the_score_starts_as_the_distance_from_the_mean() -> None:
    assert model().score(band((3, 4), (0, 0), (0, -2))) == pytest.approx([5, 0, 2], abs=1e-3)


def test_the_score_is_a_function_of_the_log_likelihood() -> None:
    """Layers that add ln 2 in all to log p take 2 ln 2 off the squared score."""
    flow = model()
    for layer in flow.flow_.layers[:2]:
        assert isinstance(layer.outer.bias, torch.nn.Parameter)
        scale = np.log(2) / 2
        layer.outer.bias.data[0] = 1.5 * float(np.arctanh(scale / 1.5))
    with torch.no_grad():
        u, determinant = flow.flow_(torch.tensor([[3.0, 4.0]]), torch.zeros(1, 0))
    assert float(determinant) == pytest.approx(np.log(2), rel=1e-5)
    expected = (float(u.square().sum()) - 2 * np.log(2)) ** 0.5
    assert flow.score(band((3, 4))) == pytest.approx(expected, rel=1e-5)


def test_positions_are_encoded_as_sines_and_cosines() -> None:
    found = model(frequencies=2)._encoded(np.array([[0.0, 0.5], [1.0, 0.25]], dtype=np.float32))
    half = 0.5**0.5
    # sin(pi y), sin(2 pi y), sin(pi x), sin(2 pi x), then the cosines of the same.
    expected = [[0, 0, 1, 0, 1, 1, 0, -1], [0, 0, half, 1, -1, 1, half, 0]]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_relative_positions() -> None:
    grid = PatchGrid.regular(3, 5, 1, 1)
    found = relative_positions(np.array([0, 7, 14]), grid)
    np.testing.assert_allclose(found, [[0, 0], [0.5, 0.5], [1, 1]])
    row = PatchGrid.regular(1, 3, 1, 1)
    np.testing.assert_allclose(relative_positions(np.array([2]), row), [[0.5, 1]])


def test_whole_images_are_held_out_where_there_are_enough() -> None:
    rng = np.random.default_rng(0)
    images = np.repeat(np.arange(10), 7)
    held_out = _held_out(images, rng)
    assert len(np.unique(images[held_out])) == 2
    assert held_out.sum() == 2 * 7
    assert _held_out(np.zeros(10, dtype=np.int64), rng).sum() == 2


def test_raw_patches_and_saved_weights(tmp_path) -> None:
    normal = [texture(seed) for seed in range(3)]
    detector = NormalisingFlow(RAW, seed=3).fit(normal)
    seen = with_defect(texture(9))
    scores = detector.score_map(seen)
    assert scores[40:56, 40:56].mean() > np.quantile(scores, 0.9)
    detector.save(tmp_path / "flow")
    loaded = registry.load(tmp_path / "flow")
    np.testing.assert_array_equal(loaded.score_map(seen), scores)
    np.testing.assert_array_equal(NormalisingFlow(RAW, seed=3).fit(normal).score_map(seen), scores)


def test_what_is_normal_can_depend_on_the_position() -> None:
    """A dark and a bright half: where position counts, the mirrored image is not normal."""
    rng = np.random.default_rng(0)

    def halves() -> np.ndarray:
        image = rng.normal(0.3, 0.03, (64, 64))
        image[:, 32:] += 0.4
        return image.astype(np.float32)

    normal = [halves() for _ in range(4)]
    params = RAW | {"steps": 200, "learning_rate": 0.005, "smoothing": 0}
    gains = []
    for frequencies in (0, 3):
        detector = NormalisingFlow(params | {"frequencies": frequencies}).fit(normal)
        image = halves()
        plain, mirrored = detector.score_map(image), detector.score_map(image[:, ::-1].copy())
        gains.append(float(np.median(mirrored) / np.median(plain)))
    assert gains[0] < 1.2 < 1.5 < gains[1]
