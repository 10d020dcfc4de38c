"""Crops side by side."""

import numpy as np

from methods.detectors.generative.sheets import GAP, sheet


def test_five_crops_stand_in_two_rows_with_white_between_them() -> None:
    crops = np.arange(5, dtype=np.float32)[:, None, None, None].repeat(4, 2).repeat(4, 3) / 10
    picture = sheet(crops)
    step = 4 + GAP
    assert picture.shape == (2 * step - GAP, 3 * step - GAP)
    for index in range(5):
        top, left = index // 3 * step, index % 3 * step
        assert (picture[top : top + 4, left : left + 4] == np.float32(index / 10)).all()
    assert (picture[4:step] == 1).all()
    assert (picture[step:, 2 * step :] == 1).all()


def test_colour_stays_colour_and_values_stay_in_range() -> None:
    crops = np.zeros((4, 3, 6, 6), dtype=np.float32)
    crops[:, 0], crops[:, 2] = 1.5, -0.5
    picture = sheet(crops)
    assert picture.shape == (2 * 6 + GAP, 2 * 6 + GAP, 3)
    np.testing.assert_array_equal(picture[0, 0], [1, 0, 0])
    assert picture.flags.c_contiguous
