"""The scale at which a network looks at images: worked out by hand from waves and sizes."""

import numpy as np
import pytest

from images.colour import Image
from methods.detectors.patch_models.mean_feature import MeanFeature
from methods.features.magnification import BEST_FREQUENCY, Detail, best_scale, frequency


def wave(number: float, height: int = 256, width: int = 256) -> Image:
    """A wave along the rows with `number` radians a pixel."""
    row = 0.5 + 0.4 * np.sin(number * np.arange(width))
    return np.broadcast_to(row, (height, width)).astype(np.float32)


def of_frequency(value: float, height: int = 256, width: int = 256) -> Image:
    return wave(2 * np.arcsin(value / np.sqrt(2)), height, width)


@pytest.mark.parametrize("periods", [4, 16, 40])
def test_the_frequency_of_a_wave(periods: int) -> None:
    """Differences of sin(k x) have 2 sin(k / 2) times its amplitude; along the columns none."""
    number = 2 * np.pi * periods / 512
    expected = np.sqrt(2) * np.sin(number / 2)
    assert frequency(wave(number, width=512)) == pytest.approx(expected, rel=0.01)


def test_the_frequency_of_white_noise() -> None:
    noise = np.random.default_rng(0).normal(0.5, 0.1, (400, 400)).astype(np.float32)
    assert frequency(noise) == pytest.approx(np.sqrt(2), rel=0.01)


def test_brightness_contrast_and_turns_do_not_matter() -> None:
    image = np.random.default_rng(1).random((60, 90), dtype=np.float32).cumsum(axis=1) / 90
    expected = frequency(image)
    for changed in (
        0.3 * image + 0.2,
        image.T,
        image[::-1],
        image[:, ::-1],
        np.dstack([image] * 3),
    ):
        assert frequency(changed) == pytest.approx(expected, rel=1e-4)


def test_flat_images_have_no_frequency_and_keep_their_scale() -> None:
    flat = np.full((64, 64), 0.5, dtype=np.float32)
    assert frequency(flat) is None
    assert best_scale([Detail.of(flat)]) == 1.0


@pytest.mark.parametrize(
    ("ratio", "size", "scale"),
    [
        (1.0, (256, 256), 1.0),
        (1.15, (256, 256), 1.0),  # nearer to 1 than to the root of two
        (1.25, (256, 256), 2**0.5),
        (2.0, (256, 256), 2.0),
        (3.5, (256, 256), 2.0),  # never more
        (2.0, (700, 1024), 2**0.5),  # too large to be enlarged more
        (2.0, (1024, 1024), 1.0),
        (2.0, (256, 4096), 1.0),
        (0.7, (512, 640), 0.5**0.5),
        (0.2, (512, 640), 0.5**0.5),  # never less, but where the image is large
        (0.2, (200, 640), 1.0),  # too small to be shrunk
        (1.0, (1448, 2000), 0.5**0.5),
        (1.0, (2048, 2500), 0.5),
        (1.0, (4000, 3000), 0.5),
    ],
)
def test_the_scale_follows_detail_and_size(
    ratio: float, size: tuple[int, int], scale: float
) -> None:
    image = of_frequency(ratio * BEST_FREQUENCY, *size)
    assert best_scale([Detail.of(image)]) == pytest.approx(scale)


def test_one_scale_for_all_images_whatever_their_order() -> None:
    details = [Detail.of(of_frequency(ratio * BEST_FREQUENCY)) for ratio in (1, 1, 2, 1, 2)]
    assert best_scale(details) == best_scale(details[::-1]) == 1.0


def test_a_detector_keeps_the_scale_of_its_normal_images(tmp_path) -> None:
    """Test images of other sizes and detail are resized as the normal ones were."""
    detector = MeanFeature().fit([of_frequency(2 * BEST_FREQUENCY, 96, 96)] * 2)
    detector.save(tmp_path / "saved")
    loaded = MeanFeature.load(tmp_path / "saved")
    other = of_frequency(BEST_FREQUENCY / 2, 120, 80)
    for fitted in (detector, loaded):
        assert fitted.features_.grid(120, 80).shape == (30, 20)
        assert "resized by 2.00" in fitted.explain(other, 60, 40).text
    np.testing.assert_array_equal(loaded.score_map(other), detector.score_map(other))
