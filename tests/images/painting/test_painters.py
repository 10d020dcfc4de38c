"""The values that Poisson blends, Perlin noise and CutPaste give, against ones computed apart."""

import numpy as np
import pytest
from scipy.sparse import lil_array
from scipy.sparse.linalg import spsolve

from images.painting.cut_paste import AREA, cut_paste
from images.painting.perlin import perlin_noise
from images.painting.poisson import clone
from images.painting.textures import PHOTOGRAPHS, foreign_texture


def test_one_inner_pixel_by_hand() -> None:
    """All eight neighbours of the target are 0.2, its middle 0.3; the source has 0.9 amid 0.5.

    The four differences of the source are 0.4 and larger than the 0.1 of the target, so
    4 f - 4 * 0.2 = 4 * 0.4 and f = 0.6.
    """
    target = np.full((3, 3), 0.2, dtype=np.float32)
    source = np.full((3, 3), 0.5, dtype=np.float32)
    target[1, 1], source[1, 1] = 0.3, 0.9
    expected = np.full((3, 3), 0.2)
    expected[1, 1] = 0.6
    assert clone(target, source) == pytest.approx(expected, abs=1e-6)


def test_a_source_of_another_brightness_takes_that_of_the_target() -> None:
    rng = np.random.default_rng(0)
    source = rng.random((9, 12)).astype(np.float32)
    flat = np.full((9, 12), 0.4, dtype=np.float32)
    assert clone(flat, flat + 0.3) == pytest.approx(flat, abs=1e-6)
    shifted = clone(source, source + 0.2)
    assert shifted == pytest.approx(source, abs=1e-5)


def test_it_solves_the_equations_of_a_sparse_solver() -> None:
    rng = np.random.default_rng(1)
    target, source = rng.random((2, 7, 9)).astype(np.float32)
    inner = [(row, column) for row in range(1, 6) for column in range(1, 8)]
    matrix, goal = lil_array((len(inner), len(inner))), np.zeros(len(inner))
    for at, (row, column) in enumerate(inner):
        matrix[at, at] = 4
        for other in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
            own = float(target[row, column] - target[other])
            new = float(source[row, column] - source[other])
            goal[at] += new if abs(new) >= abs(own) else own
            if other in inner:
                matrix[at, inner.index(other)] = -1
            else:
                goal[at] += target[other]
    expected = target.copy()
    expected[1:-1, 1:-1] = spsolve(matrix.tocsr(), goal).reshape(5, 7)
    assert clone(target, source) == pytest.approx(expected, abs=1e-5)


def test_perlin_noise_is_zero_at_the_corners_and_a_mean_in_the_middle() -> None:
    """In the middle of a cell all weights are a quarter, and each way is half a cell."""
    noise = perlin_noise((8, 12), (2, 3), np.random.default_rng(5))
    assert noise[::4, ::4] == pytest.approx(0, abs=1e-12)
    angles = np.random.default_rng(5).uniform(0, 2 * np.pi, (3, 4))
    down, right = np.sin(angles), np.cos(angles)
    upper = (down[0, 0] + right[0, 0]) / 2 + (down[0, 1] - right[0, 1]) / 2
    lower = (-down[1, 0] + right[1, 0]) / 2 + (-down[1, 1] - right[1, 1]) / 2
    assert noise[2, 2] == pytest.approx((upper + lower) / 4)


def test_a_pasted_piece_is_the_other_image_with_one_gain_and_one_shift() -> None:
    rng = np.random.default_rng(2)
    window, other = 0.3 + 0.4 * rng.random((2, 40, 40))
    shares = []
    for seed in range(40):
        found = cut_paste(
            window.astype(np.float32), other.astype(np.float32), np.random.default_rng(seed)
        )
        gain, shift = np.polyfit(other[found.mask], found.image[found.mask], 1)
        assert 0.9 <= gain <= 1.1
        assert found.image[found.mask] == pytest.approx(gain * other[found.mask] + shift, abs=1e-5)
        rows, columns = np.flatnonzero(found.mask.any(1)), np.flatnonzero(found.mask.any(0))
        sides = np.ptp(rows) + 1, np.ptp(columns) + 1
        # A scar that lies along an axis is a rectangle too, but at most 5 pixels thick.
        if found.mask.sum() == sides[0] * sides[1] and min(sides) > 5:
            shares.append(found.mask.mean())
    assert 10 < len(shares) < 35
    assert AREA[0] - 0.02 <= min(shares) <= max(shares) <= AREA[1] + 0.02


def test_every_photograph_lies_in_the_wheel_and_is_repeated_where_small() -> None:
    rng = np.random.default_rng(0)
    for shape in ((30, 30), (600, 20, 3)):
        for _ in range(3 * len(PHOTOGRAPHS)):
            texture = foreign_texture(shape, rng)
            assert texture.shape == shape
            assert texture.dtype == np.float32
            assert 0 <= texture.min() <= texture.max() <= 1
