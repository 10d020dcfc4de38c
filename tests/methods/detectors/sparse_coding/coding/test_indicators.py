"""Indicators worked out by hand."""

import numpy as np
import pytest

from methods.detectors.sparse_coding.coding import indicators
from methods.detectors.sparse_coding.coding.indicators import FLOOR
from methods.detectors.sparse_coding.coding.solver import encode
from methods.detectors.sparse_coding.coding.texture import describe, middle, middle_side


def test_codes_over_an_orthonormal_dictionary_are_soft_thresholded() -> None:
    # With D = I each weight is sign(s) max(|s| - penalty, 0): here 2.5, 0, -1.5 and 0. The rest is
    # 0.5, 0.25, -0.5 and 0.
    patch = np.array([[3.0, 0.25, -2.0, 0.0]], dtype=np.float32)
    codes = encode(patch, np.eye(4, dtype=np.float32), 0.5)
    np.testing.assert_allclose(codes.squared_error, [0.5625], rtol=1e-5)
    np.testing.assert_allclose(codes.l1_norm, [4.0], rtol=1e-5)
    expected = [[np.log(0.5625 + FLOOR), np.log(4.0 + FLOOR**0.5)]]
    np.testing.assert_allclose(indicators.of_codes(codes), expected, rtol=1e-5)


def test_a_zero_patch_has_floors_instead_of_minus_infinity() -> None:
    codes = encode(np.zeros((1, 4), dtype=np.float32), np.eye(4, dtype=np.float32), 0.5)
    np.testing.assert_allclose(indicators.of_codes(codes), [[np.log(1e-4), np.log(1e-2)]])


def test_a_ramp_has_one_direction() -> None:
    # Columns 0, 1, 2: mean 1, contrast 3 * (1 + 0 + 1); both diagonal differences are +1 and -1 in
    # all four crosses, so uu = vv = 4 and uv = -4.
    ramp = np.tile(np.arange(3, dtype=np.float32), (3, 1)).reshape(1, 9)
    np.testing.assert_allclose(describe(ramp, 3), [[1, 6, 8, 1]])


def test_a_single_bright_pixel_has_none() -> None:
    # Its four crosses: uu = 2, vv = 2, and u v is never both non-zero.
    patch = np.zeros((3, 3), dtype=np.float32)
    patch[1, 1] = 9
    described = describe(patch.reshape(1, 9), 3)
    np.testing.assert_allclose(described, [[1, 72, 324, 0]])


def test_a_flat_patch_has_no_gradient() -> None:
    flat = np.full((1, 9), 0.5, dtype=np.float32)
    np.testing.assert_allclose(describe(flat, 3), [[0.5, 0, 0, 0]])


def test_texture_is_in_units_of_a_typical_norm() -> None:
    ramp = np.tile(np.arange(3, dtype=np.float32), (3, 1)).reshape(1, 9)
    expected = [1, np.log(6 / 4 + FLOOR), np.log(8 / 4 + FLOOR), 1]
    found = indicators.of_texture(ramp, 2.0)[0]
    np.testing.assert_allclose(found[:4], expected, rtol=1e-6)


def test_the_middle_of_a_patch_is_described_too() -> None:
    """Of 5 x 5 pixels the middle is 3 x 3: a ramp there, and nothing of the bright frame."""
    patch = np.full((5, 5), 9, dtype=np.float32)
    patch[1:4, 1:4] = np.arange(3)
    found = indicators.of_texture(patch.reshape(1, 25), 2.0)[0]
    expected = [1, np.log(6 / 4 + FLOOR), np.log(8 / 4 + FLOOR), 1]
    np.testing.assert_allclose(found[4:], expected, rtol=1e-6)
    assert found[0] == pytest.approx((16 * 9 + 9) / 25)


def test_the_middle_lies_in_the_middle() -> None:
    sides = {1: 1, 2: 1, 3: 1, 5: 3, 8: 4, 11: 7, 15: 9, 20: 12}
    assert {window: middle_side(window) for window in sides} == sides
    numbered = np.arange(64, dtype=np.float32).reshape(1, 64)
    expected = np.arange(64).reshape(8, 8)[2:6, 2:6].reshape(1, 16)
    np.testing.assert_array_equal(middle(numbered, 8), expected)
