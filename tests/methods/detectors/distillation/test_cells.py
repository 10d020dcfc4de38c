"""Which cells are learned from, and crops of them."""

import numpy as np
import pytest
import torch

from methods.detector import DetectorError
from methods.detectors.distillation.cells import (
    CELL,
    MARGIN,
    Rectangle,
    crop_size,
    divide,
    draw_crops,
    pack,
)
from methods.detectors.distillation.networks.regression import unpack
from methods.features.patch_features import Band
from methods.patches.grid import PatchGrid


def test_every_fifth_of_many_images_is_held_out() -> None:
    shares = divide([(4, 6)] * 12)
    held_out = [at for at, share in enumerate(shares) if not share.held_out.empty]
    assert held_out == [4, 9]
    assert [at for at, share in enumerate(shares) if share.learned.empty] == held_out
    assert shares[4].held_out.shape == shares[0].learned.shape == (4, 6)


def test_a_fifth_of_each_of_a_few_images_is_held_out_at_alternate_ends() -> None:
    """Of 30 columns 6 are held out; 64 pixels, 8 columns, lie between, so 16 are learned."""
    first, second = divide([(20, 30), (20, 30)])
    assert (first.learned.columns, first.held_out.columns) == (range(16), range(24, 30))
    assert (second.learned.columns, second.held_out.columns) == (range(14, 30), range(6))
    for share in (first, second):
        assert share.learned.rows == share.held_out.rows == range(20)


def test_no_pixel_of_a_held_out_cell_is_learned_from() -> None:
    (share,) = divide([(25, 8)])
    last_learned = CELL * share.learned.rows.stop + MARGIN
    assert last_learned <= CELL * share.held_out.rows.start - MARGIN


def test_small_images_are_held_out_as_a_whole() -> None:
    shares = divide([(4, 4)] * 3)
    assert [share.held_out.empty for share in shares] == [True, True, False]


def test_a_single_small_image_is_refused() -> None:
    with pytest.raises(DetectorError, match="at least 12 along one side"):
        divide([(10, 5)])
    (share,) = divide([(12, 1)])
    assert (share.learned.rows, share.held_out.rows) == (range(1), range(9, 12))


def test_crops_fit_into_all_images() -> None:
    rectangles = [Rectangle(range(2, 7), range(40)), Rectangle(range(0), range(3))]
    assert crop_size(rectangles) == (5, 16)


def test_a_packed_crop_is_unpacked_again() -> None:
    rng = np.random.default_rng(0)
    pixels = rng.random((3, 2 * CELL + 2 * MARGIN, 5 * CELL + 2 * MARGIN), dtype=np.float32)
    features = rng.random((2, 5, 7), dtype=np.float32)
    images, found = unpack(torch.from_numpy(pack(pixels, features))[None], channels=3)
    np.testing.assert_array_equal(images[0], pixels)
    np.testing.assert_array_equal(found[0].permute(1, 2, 0), features)


def test_crops_hold_the_pixels_and_features_of_the_same_cells() -> None:
    """A pixel and the feature of its cell both tell row and column of the cell."""
    rows, columns = 12, 9
    numbers = np.arange(rows * columns, dtype=np.float32).reshape(rows, columns)
    seen = np.pad(numbers.repeat(CELL, 0).repeat(CELL, 1), MARGIN, mode="reflect")[None]
    grid = PatchGrid(96, 72, 9, np.arange(rows), np.arange(columns))
    bands = [
        Band(numbers[start:stop].reshape(-1, 1), start * columns, grid)
        for start, stop in ((0, 5), (5, 7), (7, 12))
    ]
    inside = Rectangle(range(2, 11), range(1, 9))
    crops = draw_crops(seen, bands, inside, (4, 3), 20, np.random.default_rng(0))
    images, features = unpack(torch.from_numpy(np.stack(crops)), channels=1)
    middles = images[:, 0, MARGIN:-MARGIN:CELL, MARGIN:-MARGIN:CELL]
    np.testing.assert_array_equal(features[:, 0], middles)
    corners = set(features[:, 0, 0, 0].int().tolist())
    assert len(corners) > 10
    assert all(2 <= at // columns <= 7 and 1 <= at % columns <= 6 for at in corners)
