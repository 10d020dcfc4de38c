"""Mean and spread of normal patches, on numbers small enough for paper."""

import numpy as np
import pytest

from methods.detector import DetectorError
from methods.features.patch_features import Band
from methods.patches.grid import PatchGrid
from methods.patches.standardisation import PRIOR, Standardisation, border_zones


def band(values: list[list[float]], rows: int, first: int = 0) -> Band:
    columns = 2
    grid = PatchGrid.regular(rows, columns, 1, 1)
    return Band(np.array(values, dtype=np.float32), first, grid)


def test_zones_are_numbered_by_side_and_distance() -> None:
    zones = border_zones((5, 6), 2).reshape(5, 6)
    # top 1, 2; bottom 3, 4; left 5, 6; right 7, 8; a corner goes to the side named first.
    assert zones.tolist() == [
        [1, 1, 1, 1, 1, 1],
        [5, 2, 2, 2, 2, 7],
        [5, 6, 0, 0, 8, 7],
        [5, 4, 4, 4, 4, 7],
        [3, 3, 3, 3, 3, 3],
    ]
    assert not border_zones((5, 6), 0).any()


def test_a_mean_shared_by_all_positions() -> None:
    normal = Standardisation(0)
    normal.fit([band([[1, 0], [3, 0]], 1), band([[5, 0], [7, 4]], 1)])
    np.testing.assert_allclose(normal.mean_, [[4, 1]])
    np.testing.assert_allclose(normal.deviation_, np.sqrt([[5, 3]]))
    np.testing.assert_allclose(
        normal.standardised(band([[4, 4], [9, 1]], 1)), [[0, 3**0.5], [5**0.5, 0]], rtol=1e-6
    )


def test_a_mean_for_each_position() -> None:
    normal = Standardisation(None)
    normal.fit([band([[1, 0], [3, 0]], 1), band([[5, 0], [7, 4]], 1)])
    np.testing.assert_allclose(normal.mean_, [[3, 0], [5, 2]])
    # Within positions the squares sum to 8 + 8 and 0 + 8 over 4 patches; the spread at a position
    # of 2 patches leans on that with the weight of PRIOR patches.
    expected = np.sqrt([[8 + PRIOR * 4, PRIOR * 2], [8 + PRIOR * 4, 8 + PRIOR * 2]])
    np.testing.assert_allclose(normal.deviation_, expected / np.sqrt(2 + PRIOR), rtol=1e-6)


def test_bands_and_their_order_do_not_matter() -> None:
    values = np.random.default_rng(0).normal(100, 1, (3, 12, 2))
    whole, parts = Standardisation(1), Standardisation(1)
    whole.fit(band(image, 6) for image in values.tolist())
    parts.fit(
        band(image[first : first + 4], 6, first)
        for image in values[::-1].tolist()
        for first in (0, 4, 8)
    )
    np.testing.assert_allclose(whole.mean_, parts.mean_, rtol=1e-6)
    np.testing.assert_allclose(whole.deviation_, parts.deviation_, rtol=1e-5)


def test_a_zone_without_patches_takes_the_mean_of_all() -> None:
    normal = Standardisation(1)
    normal.fit([band([[1, 2], [3, 2]], 1)])
    np.testing.assert_allclose(normal.mean_[0], [2, 2])


def test_features_that_never_change_can_be_divided() -> None:
    normal = Standardisation(0)
    normal.fit([band([[1, 5], [1, 5]], 1)])
    assert np.isfinite(normal.standardised(band([[2, 5], [1, 4]], 1))).all()


def test_images_of_another_size_have_no_positions() -> None:
    normal = Standardisation(None)
    with pytest.raises(DetectorError, match="2 x 2 pixels differs in size from the first normal"):
        normal.fit([band([[1, 0], [3, 0]], 1), band([[5, 0], [7, 4]], 2)])
