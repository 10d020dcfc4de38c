"""Images that show the same pixels are found, others are not."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from skimage import data

from images.colour import Image
from images.shared_pixels import groups_of


def texture(name: str) -> Image:
    pixels: Image = getattr(data, name)().astype(np.float32) / 255
    return pixels


def tile(name: str, top: int, left: int, side: int = 128) -> Image:
    return np.ascontiguousarray(texture(name)[top : top + side, left : left + side])


@pytest.mark.parametrize("name", ["brick", "grass", "gravel"])
def test_tiles_side_by_side_share_nothing(name: str) -> None:
    tiles = [tile(name, top, left) for top in range(0, 512, 128) for left in range(0, 512, 128)]
    assert groups_of(tiles) == list(range(16))


@pytest.mark.parametrize("overlap", [40, 64, 127])
def test_overlapping_tiles_are_found(overlap: int) -> None:
    apart = 128 - overlap
    images = [tile("gravel", 0, 0), tile("gravel", 300, 300), tile("gravel", apart, apart)]
    assert groups_of(images) == [0, 1, 0]


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("mirrored", [False, True])
def test_turned_and_mirrored_copies_are_found(turns: int, mirrored: bool) -> None:
    copy = np.rot90(tile("brick", 0, 0)[:, ::-1] if mirrored else tile("brick", 0, 0), turns)
    images = [tile("brick", 0, 0), tile("brick", 256, 256), np.ascontiguousarray(copy)]
    assert groups_of(images) == [0, 1, 0]


def test_overlaps_connect_through_others() -> None:
    """The first and the last share nothing with each other."""
    assert groups_of([tile("grass", 0, left) for left in (0, 90, 180)]) == [0, 0, 0]


def test_a_copy_with_noise_and_another_brightness_is_found() -> None:
    rng = np.random.default_rng(0)
    first = tile("gravel", 0, 0)
    again = (0.9 * first + 0.03 + rng.normal(0, 0.01, first.shape)).astype(np.float32)
    others = [tile("gravel", top, 256) for top in (0, 128, 256)]
    assert groups_of([first, *others, again]) == [0, 1, 2, 3, 0]


def test_photographs_of_one_object_in_one_place_are_not_copies() -> None:
    """The same part with its own grain each time: independent images, as a line takes them."""
    rng = np.random.default_rng(1)
    part = gaussian_filter(rng.random((128, 128)), 6)
    part = (part - part.min()) / np.ptp(part)
    shots = [
        (0.1 + 0.8 * part + gaussian_filter(rng.normal(0, 0.4, part.shape), 4)).clip(0, 1)
        for _ in range(6)
    ]
    assert groups_of([shot.astype(np.float32) for shot in shots]) == list(range(6))


def test_plain_areas_and_drawings_prove_nothing() -> None:
    plain = np.full((64, 64), 0.5, dtype=np.float32)
    drawing = plain.copy()
    drawing[20:30] = 1
    assert groups_of([plain, drawing, tile("brick", 0, 0, 64)]) == [0, 1, 2]


def test_colour_and_tiny_images_are_taken() -> None:
    colour = np.repeat(tile("brick", 0, 0)[..., None], 3, axis=2)
    tiny = np.zeros((3, 3), dtype=np.float32)
    assert groups_of([colour, tiny, tile("grass", 0, 0), colour.copy()]) == [0, 1, 2, 0]
    assert groups_of([]) == []
