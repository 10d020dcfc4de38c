"""Brightness and contrast brought to those of the normal images."""

import numpy as np
import pytest

from images.colour import Image
from methods import registry
from methods.features.lighting import Lighting


def noise(mean: float, deviation: float, seed: int = 0, size: int = 64) -> Image:
    """Grey noise with exactly that mean and standard deviation."""
    values = np.random.default_rng(seed).normal(size=(size, size))
    values = (values - values.mean()) / values.std()
    return (mean + deviation * values).astype(np.float32)


def test_the_usual_lighting_is_the_median() -> None:
    images = [noise(mean, deviation) for mean, deviation in ((0.2, 0.1), (0.4, 0.05), (0.9, 0.3))]
    assert Lighting.usual([Lighting.of(image) for image in images]) == pytest.approx(
        (0.4, 0.1), rel=1e-4
    )


@pytest.mark.parametrize(
    ("deviation", "gain"),
    [
        (0.1, 1.0),
        (0.08, 1.25),
        (0.16, 0.625),
        (0.02, 2.0),  # a gain of 5 would blow up the noise
        (0.4, 0.5),
        (0.001, 2.0),
    ],
)
def test_mean_and_deviation_are_matched_within_bounds(deviation: float, gain: float) -> None:
    matched = Lighting(0.5, 0.1).matched(noise(0.3, deviation))
    assert matched.dtype == np.float32
    assert matched.mean() == pytest.approx(0.5, rel=1e-4)
    assert matched.std() == pytest.approx(gain * deviation, rel=1e-3)


def test_differences_between_channels_keep_their_ratio() -> None:
    image = np.dstack([noise(mean, 0.05, seed) for seed, mean in enumerate((0.2, 0.3, 0.5))])
    matched = Lighting(0.6, 0.1).matched(image)
    gains = (matched - matched[:1, :1]) / np.where(image == image[0, 0], 1, image - image[0, 0])
    assert np.unique(gains[1:, 1:].round(2)).size == 1


@pytest.mark.parametrize("name", ["padim", "mean-feature", "nearest-neighbour"])
def test_a_change_of_exposure_changes_no_score(name: str) -> None:
    normal = [noise(0.5, 0.1, seed, 72) for seed in range(3)]
    seen = noise(0.5, 0.1, 7, 72)
    seen[30:42, 30:42] = 0.9
    detector = registry.create(name).fit(normal)
    expected = detector.score_map(seen)
    np.testing.assert_allclose(detector.score_map(0.7 * seen + 0.1), expected, rtol=2e-3)
    kept = registry.create(name, {"lighting": "kept"}).fit(normal)
    assert np.abs(kept.score_map(0.7 * seen + 0.1) / kept.score_map(seen) - 1).max() > 0.05
