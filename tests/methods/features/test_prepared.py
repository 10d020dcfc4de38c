"""Images for a network, against numpy's own padding."""

import numpy as np
import pytest

from methods.features.lighting import Change
from methods.features.prepared import prepared, resized


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize(
    ("mean", "deviation"), [((127,) * 3, (128,) * 3), ((124.0, 116.0, 104.0), (58.0, 57.0, 57.0))]
)
def test_scaled_standardised_and_mirrored(
    mean: tuple[float, ...], deviation: tuple[float, ...], colour: bool
) -> None:
    """Also with margins that are longer than the image, which is then mirrored again and again."""
    pixels = np.random.default_rng(0).random((9, 13, 3), dtype=np.float32)
    image = pixels if colour else pixels[:, :, 0]
    margins = [(20, 5), (7, 41)]
    found = prepared(image, (9, 13), margins, mean, deviation)
    planes = [pixels[:, :, channel if colour else 0] for channel in range(3)]
    for channel, plane in enumerate(planes):
        expected = np.pad(plane, margins, mode="reflect") * 255
        expected = (expected - np.float32(mean[channel])) / np.float32(deviation[channel])
        np.testing.assert_allclose(found[0, channel], expected, atol=1e-6)
    change = Change(0.5, 0.25)
    larger = prepared(image, (18, 26), [(0, 0), (0, 0)], mean, deviation, change)
    expected = 255 * resized(0.5 * planes[1] + 0.25, 18, 26)
    expected = (expected - np.float32(mean[1])) / np.float32(deviation[1])
    np.testing.assert_allclose(larger[0, 1], expected, atol=2e-6)
