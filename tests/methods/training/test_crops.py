"""The pool of crops and the reduction of images."""

import numpy as np
import pytest

from methods.progress import no_progress
from methods.training.crops import POOL_BYTES, draw_crops, reduce, to_channels


def numbered(height: int, width: int) -> np.ndarray:
    """An image in which every pixel has a value of its own."""
    return np.arange(height * width, dtype=np.float32).reshape(height, width)


def corners(crops: np.ndarray, width: int) -> np.ndarray:
    """Row and column (n, 2) at which crops of a numbered image begin, negative before it.

    A crop that begins with mirrored pixels has them in falling order up to the border.
    """
    rows, cols = np.divmod(crops[:, 0].astype(int), width)
    return np.stack(
        [
            np.where(rows[:, 0, 0] > rows[:, 1, 0], -rows[:, 0, 0], rows[:, 0, 0]),
            np.where(cols[:, 0, 0] > cols[:, 0, 1], -cols[:, 0, 0], cols[:, 0, 0]),
        ],
        axis=1,
    )


def test_crops_are_windows_of_the_image_mirrored_at_its_borders() -> None:
    image = numbered(100, 120)
    around = np.pad(image, 8, mode="reflect")
    crops = draw_crops([image], 32, 1, np.random.default_rng(0), no_progress)
    found = corners(crops.training, 120)
    for crop, (top, left) in zip(crops.training[:50], found, strict=False):
        np.testing.assert_array_equal(crop[0], around[top + 8 : top + 40, left + 8 : left + 40])
    # A crop of 32 pixels reaches over the border by up to a quarter of them.
    assert found.min(axis=0).tolist() == [-8, -8]
    assert found.max(axis=0).tolist() == [76, 96]


def test_no_training_crop_overlaps_the_held_out_one() -> None:
    crops = draw_crops([numbered(200, 220)], 32, 1, np.random.default_rng(0), no_progress)
    assert len(crops.held_out) == 1
    apart = abs(corners(crops.training, 220) - corners(crops.held_out, 220))
    assert (apart >= 32).any(axis=1).all()


def test_an_image_without_room_gives_training_crops_all_the_same() -> None:
    crops = draw_crops([numbered(33, 33)], 32, 1, np.random.default_rng(0), no_progress)
    steps = range(-8, 10)
    assert set(map(tuple, corners(crops.training, 33))) == {(x, y) for x in steps for y in steps}


def test_the_pool_is_bounded_whatever_the_number_and_the_colours_of_images() -> None:
    rng = np.random.default_rng(0)
    images = [rng.random((64, 64, 3), dtype=np.float32) for _ in range(3)]
    crops = draw_crops(images, 32, 1, rng, no_progress)
    assert crops.channels == 3
    assert crops.training.nbytes <= POOL_BYTES
    many = [images[0][..., 0]] * 3000
    crops = draw_crops(many, 64, 1, rng, no_progress)
    assert len(crops.training) == 3000
    assert len(crops.held_out) <= 64


def test_one_colour_image_makes_the_pool_colour() -> None:
    grey = np.full((32, 32), 0.25, dtype=np.float32)
    red = np.zeros((32, 32, 3), dtype=np.float32)
    red[..., 0] = 1
    crops = draw_crops([grey, red], 32, 1, np.random.default_rng(0), no_progress)
    found = {tuple(crop[:, 0, 0]) for crop in crops.training}
    assert found == {(0.25, 0.25, 0.25), (1.0, 0.0, 0.0)}


@pytest.mark.parametrize("shape", [(200, 9), (3, 40), (1, 1), (1, 50)])
def test_an_image_smaller_than_a_crop_is_mirrored_until_it_has_room(shape: tuple[int, int]) -> None:
    image = numbered(*shape)
    crops = draw_crops([image], 32, 1, np.random.default_rng(0), no_progress)
    assert crops.training.shape[1:] == (1, 32, 32)
    assert set(crops.training.flatten()) <= set(image.flatten())
    for crop in crops.training[:20, 0]:
        values = [crop[:, 0] // shape[1], crop[0] % shape[1]]
        # Each step along a side goes to the next pixel, and turns round at the border.
        for side, length in zip(values, shape, strict=True):
            assert set(abs(np.diff(side))) == ({1} if length > 1 else {0})


def test_one_narrow_image_among_others_gives_its_share_of_crops() -> None:
    images = [numbered(100, 100), 1e6 + numbered(100, 5)]
    crops = draw_crops(images, 32, 1, np.random.default_rng(0), no_progress)
    assert (crops.training.mean(axis=(1, 2, 3)) > 5e5).mean() == 0.5


def test_reducing_takes_means_of_blocks() -> None:
    image = np.array([[0, 2, 8], [4, 6, 8], [1, 1, 5]], dtype=np.float32)
    # The last row and column are repeated once to fill the blocks.
    np.testing.assert_array_equal(reduce(image, 2), [[3, 8], [1, 5]])
    np.testing.assert_array_equal(
        reduce(np.stack([image] * 3, axis=2), 2)[..., 1], [[3, 8], [1, 5]]
    )


def test_channels_are_made_from_grey_and_from_colour() -> None:
    grey = np.full((2, 3), 0.5, dtype=np.float32)
    colour = np.stack([grey, 0 * grey, 0 * grey], axis=2)
    assert to_channels(grey, 3).shape == (3, 2, 3)
    # The weight of red in the brightness is 0.2126.
    np.testing.assert_allclose(to_channels(colour, 1), 0.1063)
