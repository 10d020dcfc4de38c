"""The window of the handcrafted features, and its distance from normal ones by hand."""

from typing import Any

import numpy as np
import pytest

from methods import registry
from methods.detectors.patch_models.handcrafted import Handcrafted
from methods.features.filter_bank import FilterBank
from methods.parameters import ParameterError

MEAN, DEVIATION = 0, 1
"""Numbers of brightness among those of a window."""


def test_a_window_of_its_own_is_averaged_over() -> None:
    """Rows 0 to 9 are 0.2 and the others 0.8: windows of 4 and of 10 hold different shares."""
    image = np.full((40, 40), 0.8, dtype=np.float32)
    image[:10] = 0.2
    for window, tops in ((4, {8: 0.5, 4: 0.0}), (10, {8: 0.8, 4: 0.4})):
        detector = Handcrafted({"window": window, "stride": 2})
        features = detector._features()
        for top, bright in tops.items():
            patch = features.at(image, top // 2, 3).patches[0]
            assert patch[MEAN] == pytest.approx(0.2 + 0.6 * bright, rel=1e-5)
            spread = 0.6 * (bright * (1 - bright)) ** 0.5
            assert patch[DEVIATION] == pytest.approx(spread, abs=1e-4)


def noise(seed: int, side: int = 64) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.5, 0.08, (side, side)).astype(np.float32)


@pytest.mark.parametrize("model", ["gaussian", "nearest neighbour"])
def test_each_model_finds_another_texture(model: str) -> None:
    from scipy.ndimage import gaussian_filter

    seen = noise(9)
    smooth = 0.5 + 3 * (gaussian_filter(seen, 1.5) - 0.5)
    seen[20:44, 20:44] = smooth[20:44, 20:44]
    params: dict[str, Any] = {"model": model, "window": 12, "smoothing": 1.0}
    scores = Handcrafted(params).fit([noise(seed) for seed in range(4)]).score_map(seen)
    assert scores[26:38, 26:38].mean() > 2 * scores[:10].mean()


def test_the_gaussian_gives_the_mahalanobis_distance_of_windows() -> None:
    normal = noise(0)
    detector = Handcrafted({"window": 12, "stride": 4, "shrinkage": 0.5, "model": "gaussian"}).fit(
        [normal]
    )
    patches = np.concatenate([band.patches for band in FilterBank(12, 4).bands(normal)])
    patches = patches.astype(np.float64)
    deviation = patches.std(axis=0).clip(1e-3 * patches.std(axis=0).max())
    z = (patches - patches.mean(axis=0)) / deviation
    inverse = np.linalg.inv(z.T @ z / len(z) + 0.5 * np.eye(22))
    expected = np.sqrt(np.einsum("nd,de,ne->n", z, inverse, z))
    band = next(FilterBank(12, 4).bands(normal))
    found = detector.model_.model.score(band)
    np.testing.assert_allclose(found, expected[: len(found)], rtol=1e-3)


def test_a_stride_beyond_the_window_is_refused() -> None:
    with pytest.raises(ParameterError, match="stride is 9; expected at most the window 8"):
        registry.create("handcrafted", {"window": 8, "stride": 9})


def test_what_counts_for_nothing() -> None:
    assert Handcrafted({"model": "gaussian"}).params.unused() == frozenset()
    assert Handcrafted().params.unused() == {"shrinkage"}
