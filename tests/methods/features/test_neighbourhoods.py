"""Means over neighbourhoods, on one number a cell."""

from collections.abc import Iterator

import numpy as np
import pytest
from scipy.ndimage import uniform_filter

from images.colour import Image
from methods.features.neighbourhoods import Neighbourhoods
from methods.features.patch_features import Band, PatchFeatures
from methods.features.raw import RawPatches
from methods.patches.grid import PatchGrid, ScoreMap


class Pixels(PatchFeatures):
    """A cell for each pixel, in bands of some rows; a patch is its value and ten times that."""

    def __init__(self, rows: int) -> None:
        self._rows = rows

    def grid(self, height: int, width: int) -> PatchGrid:
        return PatchGrid.regular(height, width, 1, 1)

    def bands(self, image: Image) -> Iterator[Band]:
        grid = self.grid(*image.shape)
        for first in range(0, len(image), self._rows):
            values = image[first : first + self._rows].reshape(-1, 1)
            yield Band(np.hstack([values, 10 * values]), first * image.shape[1], grid)

    def to_pixels(self, grid: PatchGrid, scores: ScoreMap) -> ScoreMap:
        raise NotImplementedError

    def at(self, image: Image, grid_row: int, grid_col: int) -> Band:
        raise NotImplementedError


def test_the_means_of_a_small_image() -> None:
    """Beyond the border its pixels are mirrored.

    Around the 1 in the corner of [[1, 2], [3, 5]] lie 1, 1, 2 / 1, 1, 2 / 3, 3, 5: mean 19 / 9.
    """
    image = np.array([[1, 2], [3, 5]], dtype=np.float32)
    (band,) = Neighbourhoods(Pixels(2), (1, 3)).bands(image)
    assert band.patches[0].tolist() == pytest.approx([1, 10, 19 / 9, 190 / 9])


@pytest.mark.parametrize("rows", [1, 2, 3, 7, 20])
def test_bands_do_not_show(rows: int) -> None:
    image = np.random.default_rng(0).random((20, 9), dtype=np.float32)
    features = Neighbourhoods(Pixels(rows), (1, 3, 5))
    bands = list(features.bands(image))
    assert [band.first for band in bands] == np.cumsum(
        [0, *(len(band.patches) for band in bands[:-1])]
    ).tolist()
    found = np.concatenate([band.patches for band in bands])
    for at, side in enumerate((1, 3, 5)):
        expected = uniform_filter(image.astype(np.float64), side, mode="reflect").ravel()
        np.testing.assert_allclose(found[:, 2 * at], expected, rtol=1e-5)
    one = features.at(image, 12, 4)
    assert one.first == 12 * 9 + 4
    np.testing.assert_array_equal(one.patches[0], found[12 * 9 + 4])


def test_a_patch_is_still_a_picture() -> None:
    raw = RawPatches(3, 1)
    image = np.random.default_rng(0).random((8, 8), dtype=np.float32)
    seen = Neighbourhoods(raw, (1, 3)).picture(
        Neighbourhoods(raw, (1, 3)).at(image, 2, 2).patches[0]
    )
    np.testing.assert_array_equal(seen, raw.picture(raw.at(image, 2, 2).patches[0]))
