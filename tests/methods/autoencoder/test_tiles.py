"""Tiles agree with the whole."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import uniform_filter

from methods.autoencoder import tiles
from methods.progress import no_progress
from tests.progress import Heard


@settings(deadline=None, max_examples=25)
@given(st.integers(9, 700), st.integers(9, 400), st.sampled_from([1, 4, 8]))
def test_a_filter_is_the_same_in_tiles(height: int, width: int, stride: int) -> None:
    image = np.random.default_rng(0).random((1, height, width), dtype=np.float32)

    def blurred(tile: np.ndarray) -> np.ndarray:
        assert tile.shape[1] % stride == tile.shape[2] % stride == 0
        return uniform_filter(tile[0], 9)

    found = tiles.over_tiles(image, blurred, stride=stride, reach=8, progress=no_progress)
    expected = uniform_filter(image[0], 9, mode="mirror")
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_progress_is_reported_for_every_tile() -> None:
    heard = Heard()
    tiles.over_tiles(
        np.zeros((1, 300, 600), dtype=np.float32),
        lambda tile: tile[0],
        stride=8,
        reach=8,
        progress=heard,
    )
    np.testing.assert_allclose(heard.fractions, np.arange(1, 7) / 6)
