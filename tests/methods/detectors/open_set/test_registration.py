"""Where cells look, measured on a classifier that looks elsewhere than its grid says."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, shift

from images.colour import Image
from methods.detectors.open_set.registration import in_pixels, measured_offset, registered
from methods.patches.grid import PatchGrid, ScoreMap
from methods.progress import no_progress

DOWN, RIGHT = 3.0, -5.0
"""Pixels by which the cells look away from their places, of 8 pixels each."""


def grid(image: Image) -> PatchGrid:
    return PatchGrid.regular(*image.shape, 8, 8)


def scores(image: Image) -> ScoreMap:
    """The mean brightness around the places where the cells look."""
    blurred = gaussian_filter(image, 4.0)
    moved = shift(blurred, (-DOWN, -RIGHT), order=1, mode="nearest")
    return moved[4::8, 4::8]


def test_the_offset_is_found() -> None:
    rng = np.random.default_rng(0)
    images = [rng.random((128, 144)).astype(np.float32) for _ in range(3)]
    offset = measured_offset(images, grid, scores, np.random.default_rng(1), no_progress)
    assert in_pixels(offset, grid(images[0])) == pytest.approx((DOWN, RIGHT), abs=1.5)


def test_few_cells_are_left_in_their_places() -> None:
    images = [np.random.default_rng(0).random((40, 40)).astype(np.float32)]
    found = measured_offset(images, grid, scores, np.random.default_rng(1), no_progress)
    assert found == (0.0, 0.0)


def test_a_map_is_moved_by_whole_cells() -> None:
    """One cell down and half a cell to the left, of 8 pixels: row 8 more, column 4 less."""
    map_ = np.zeros((32, 32), dtype=np.float32)
    map_[10, 20] = 1
    moved = registered(map_, PatchGrid.regular(32, 32, 8, 8), (1.0, -0.5))
    assert np.unravel_index(moved.argmax(), moved.shape) == (18, 16)
    assert moved.dtype == np.float32
