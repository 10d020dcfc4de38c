"""Brightness and contrast brought to those of the normal images."""

import numpy as np
import pytest

from images.colour import Image
from methods import registry
from methods.features.lighting import Change, Lighting


def noise(mean: float, deviation: float, seed: int = 0, size: int = 64) -> Image:
    """Noise of two grey values, of exactly that mean and standard deviation, winsorised or not."""
    values = np.random.default_rng(seed).permutation(np.repeat([-1.0, 1.0], size * size // 2))
    return (mean + deviation * values).reshape(size, size).astype(np.float32)


def matched(to: Lighting, image: Image) -> Image:
    """The image at another lighting."""
    found = np.empty_like(image)
    to.matching(image).of(image, found)
    return found


def test_two_changes_after_one_another() -> None:
    """3 (2 x + 1) - 4 = 6 x - 1."""
    assert Change(2, 1).then(3, -4) == (6, -1)


def test_tails_are_winsorised() -> None:
    """Of 0 to 99 the five lowest count as 5, the five highest as 94: by hand.

    The mean stays 49.5; the sum of squares about it is that of 5 to 94, 90 (90^2 - 1) / 12, and ten
    times 44.5^2.
    """
    image = np.random.default_rng(0).permutation(100).reshape(4, 25).astype(np.float32) / 100
    deviation = np.sqrt((90 * (90**2 - 1) / 12 + 10 * 44.5**2) / 100) / 100
    assert Lighting.of(image) == pytest.approx((0.495, deviation))
    image[image >= 0.95] = 9
    image[image < 0.05] = -9
    assert Lighting.of(image) == pytest.approx((0.495, deviation))


def test_an_image_of_one_pixel_has_no_deviation() -> None:
    assert Lighting.of(np.full((1, 1), 0.25, dtype=np.float32)) == (0.25, 0)


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
    found = matched(Lighting(0.5, 0.1), noise(0.3, deviation))
    assert found.mean() == pytest.approx(0.5, rel=1e-4)
    assert found.std() == pytest.approx(gain * deviation, rel=1e-3)


def test_differences_between_channels_keep_their_ratio() -> None:
    shades = np.random.default_rng(0).normal(size=(64, 64, 3)) * 0.05 + (0.2, 0.3, 0.5)
    image = shades.astype(np.float32)
    found = matched(Lighting(0.6, 0.1), image)
    gains = (found - found[:1, :1]) / np.where(image == image[0, 0], 1, image - image[0, 0])
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


@pytest.mark.parametrize("name", ["padim", "mean-feature", "nearest-neighbour"])
@pytest.mark.parametrize("change", [0.3, -0.3])
def test_a_strong_defect_leaves_its_surroundings_as_they_are(name: str, change: float) -> None:
    """15 standard deviations on 1 % of the image, which double its standard deviation."""
    rng = np.random.default_rng(5)
    grey = [(0.4 + 0.02 * rng.normal(size=(160, 160))).astype(np.float32) for _ in range(4)]
    detector = registry.create(name).fit(grey[:3])
    defective = grey[3].copy()
    defective[72:88, 72:88] += change
    far = np.ones((160, 160), dtype=bool)
    far[16:144, 16:144] = False
    before, after = (np.median(detector.score_map(each)[far]) for each in (grey[3], defective))
    assert after == pytest.approx(before, rel=0.05)
