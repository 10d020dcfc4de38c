"""The patch grid against counting by hand and against plain loops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from methods.errors import DetectorError
from methods.patches.grid import PatchGrid


def test_last_windows_end_flush_with_the_border() -> None:
    grid = PatchGrid.regular(10, 7, window=4, stride=3)
    assert grid.tops.tolist() == [0, 3, 6]
    assert grid.lefts.tolist() == [0, 3]
    assert PatchGrid.regular(11, 7, window=4, stride=3).tops.tolist() == [0, 3, 6, 7]


def test_an_image_smaller_than_the_window_is_refused() -> None:
    with pytest.raises(DetectorError, match=r"9 x 20 pixels, smaller than a patch of 15 x 15\."):
        PatchGrid.regular(20, 9, window=15, stride=1)


def test_cut_gives_windows_row_after_row() -> None:
    image = np.arange(12, dtype=np.float32).reshape(3, 4)
    grid = PatchGrid.regular(3, 4, window=2, stride=2)
    assert grid.shape == (2, 2)
    expected = [[0, 1, 4, 5], [2, 3, 6, 7], [4, 5, 8, 9], [6, 7, 10, 11]]
    assert grid.cut(image).tolist() == expected
    assert grid.cut(image, slice(1, 2)).tolist() == expected[2:]


def test_cut_keeps_the_channels_of_a_pixel_side_by_side() -> None:
    image = np.arange(12, dtype=np.float32).reshape(2, 2, 3)
    assert PatchGrid.regular(2, 2, 2, 1).cut(image).tolist() == [list(range(12))]


def test_spread_is_the_mean_of_the_covering_windows() -> None:
    grid = PatchGrid.regular(1 + 1, 4, window=2, stride=1)
    # Columns 0..3 are covered by windows {0}, {0, 1}, {1, 2}, {2}.
    spread = grid.spread(np.array([[1.0, 3.0, 8.0]], dtype=np.float32))
    assert spread.tolist() == [[1.0, 2.0, 5.5, 8.0]] * 2


def test_interpolation_and_smoothing_in_one_step() -> None:
    """Also where windows lie on one another, and where there is one alone."""
    rng = np.random.default_rng(0)
    for tops in ([0, 4, 8, 13, 13], [5]):
        grid = PatchGrid(30, 20, 3, np.array(tops), np.array([-1, 6, 15]))
        scores = rng.random(grid.shape, dtype=np.float32)
        expected = gaussian_filter(grid.interpolate(scores), 2.5)
        np.testing.assert_allclose(grid.interpolate(scores, 2.5), expected, rtol=1e-5)


@settings(deadline=None, max_examples=60)
@given(
    st.integers(1, 7),
    st.integers(1, 7),
    st.tuples(st.integers(7, 30), st.integers(7, 30)),
    st.integers(0, 5),
)
def test_spread_equals_a_loop_over_windows(
    window: int, stride: int, size: tuple[int, int], seed: int
) -> None:
    stride = min(stride, window)
    grid = PatchGrid.regular(*size, window, stride)
    scores = np.random.default_rng(seed).normal(size=grid.shape).astype(np.float32)
    total, count = np.zeros(size), np.zeros(size)
    for row, top in enumerate(grid.tops):
        for col, left in enumerate(grid.lefts):
            total[top : top + window, left : left + window] += scores[row, col]
            count[top : top + window, left : left + window] += 1
    assert count.min() >= 1
    np.testing.assert_allclose(grid.spread(scores), total / count, atol=1e-5)


def test_interpolation_is_linear_between_centres_and_constant_outside() -> None:
    grid = PatchGrid(1, 8, 2, tops=np.array([0]), lefts=np.array([0, 4]))
    # Centres lie at 0.5 and 4.5: a slope of 1 a pixel from value 0 to value 4.
    line = grid.interpolate(np.array([[0.0, 4.0]], dtype=np.float32))[0]
    np.testing.assert_allclose(line, [0, 0.5, 1.5, 2.5, 3.5, 4, 4, 4], atol=1e-6)


def test_nearest_window_to_a_pixel() -> None:
    grid = PatchGrid.regular(20, 20, window=5, stride=5)  # centres at 2, 7, 12, 17
    assert grid.nearest(0, 19) == (0, 3)
    assert grid.nearest(9, 10) == (1, 2)
