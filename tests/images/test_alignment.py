"""Images that show one object in one place correlate."""

import numpy as np
import pytest
from numpy.typing import NDArray

from images.alignment import ALIGNED, correlation
from images.dataset import GOOD, Picture


def picture(image: NDArray[np.floating]) -> Picture:
    return Picture("a.png", GOOD, lambda: image.astype(np.float32))


def test_equal_images_correlate_and_inverse_ones_the_other_way() -> None:
    """Two ramps and their inverse: of three pairs one has 1, two have -1."""
    ramp = np.tile(np.linspace(0, 1, 64), (64, 1))
    assert correlation([picture(ramp), picture(0.5 * ramp)]) == pytest.approx(1)
    assert correlation([picture(ramp), picture(ramp), picture(1 - ramp)]) == pytest.approx(-1 / 3)


def test_noise_is_no_object_and_one_image_says_nothing() -> None:
    rng = np.random.default_rng(0)
    noise = [picture(rng.random((64, 64))) for _ in range(4)]
    assert abs(correlation(noise)) < 0.1 < ALIGNED
    assert correlation(noise[:1]) == 0
    assert correlation([picture(np.ones((8, 8)))] * 2) == 0
