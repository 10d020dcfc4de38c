"""Tiles agree with the whole."""

from collections.abc import Callable

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import uniform_filter

from methods.progress import no_progress
from methods.training import tiles
from tests.progress import Heard


def assembled(
    image: np.ndarray,
    function: Callable[[np.ndarray], np.ndarray],
    *,
    stride: int,
    reach: int,
    cell: int = 1,
) -> np.ndarray:
    """The map of one number for each cell, put together from its parts."""
    result = np.full([-(-side // cell) for side in image.shape[1:]], np.nan, dtype=np.float32)
    parts = tiles.over_tiles(
        image, function, stride=stride, reach=reach, cell=cell, progress=no_progress
    )
    for place, part in parts:
        result[place] = part[0]
    return result


@settings(deadline=None, max_examples=25)
@given(st.integers(9, 700), st.integers(9, 400), st.sampled_from([1, 4, 8]))
def test_a_filter_is_the_same_in_tiles(height: int, width: int, stride: int) -> None:
    image = np.random.default_rng(0).random((1, height, width), dtype=np.float32)

    def blurred(tile: np.ndarray) -> np.ndarray:
        assert tile.shape[1] % stride == tile.shape[2] % stride == 0
        return uniform_filter(tile[0], 9)[None]

    found = assembled(image, blurred, stride=stride, reach=8)
    expected = uniform_filter(image[0], 9, mode="mirror")
    np.testing.assert_allclose(found, expected, atol=1e-5)


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 600), st.integers(1, 300), st.sampled_from([2, 4, 8]))
def test_cells_are_the_blocks_of_the_mirrored_image(height: int, width: int, cell: int) -> None:
    image = np.random.default_rng(0).random((1, height, width), dtype=np.float32)

    def blocks(tile: np.ndarray) -> np.ndarray:
        return tile[0].reshape(tile.shape[1] // cell, cell, -1, cell).mean(axis=(1, 3))[None]

    found = assembled(image, blocks, stride=8, reach=8, cell=cell)
    rows, columns = found.shape
    assert (rows, columns) == (-(-height // cell), -(-width // cell))
    whole = np.pad(image, ((0, 0), (0, -height % cell), (0, -width % cell)), mode="reflect")
    np.testing.assert_allclose(found, blocks(whole)[0], atol=1e-6)


def test_progress_is_reported_for_every_tile() -> None:
    heard = Heard()
    image = np.zeros((1, 300, 600), dtype=np.float32)
    for _ in tiles.over_tiles(image, lambda tile: tile, stride=8, reach=8, progress=heard):
        pass
    np.testing.assert_allclose(heard.fractions, np.arange(1, 7) / 6)
