"""Windows on a grid of patches."""

import numpy as np
import pytest

from methods.detectors.zero_shot.windows import (
    harmonic_mean,
    harmonic_of_windows,
    patch_at,
    to_pixels,
    windows,
)


def test_the_windows_of_a_grid() -> None:
    assert windows(3, 2).tolist() == [[0, 1, 3, 4], [1, 2, 4, 5], [3, 4, 6, 7], [4, 5, 7, 8]]
    assert windows(2, 2).tolist() == [[0, 1, 2, 3]]


def test_a_patch_has_the_harmonic_mean_of_its_windows() -> None:
    """The middle patch lies in all four: 4 / (1 / 1 + 1 / 0.5 + 1 / 0.25 + 1 / 0.2) = 1 / 3."""
    scores = harmonic_of_windows(np.array([1.0, 0.5, 0.25, 0.2]), windows(3, 2), 3)
    assert scores == pytest.approx(
        np.array([[1.0, 2 / 3, 0.5], [0.4, 1 / 3, 2 / 7], [0.25, 2 / 9, 0.2]])
    )


def test_maps_are_joined_by_the_harmonic_mean() -> None:
    assert harmonic_mean([np.array([[0.5, 1.0]]), np.array([[0.25, 1.0]])]) == pytest.approx(
        np.array([[1 / 3, 1.0]])
    )


def test_a_map_of_pixels() -> None:
    """Two patches along 4 pixels have their middles at 0.5 and 2.5."""
    pixels = to_pixels(np.array([[0.0, 1.0], [0.0, 1.0]]), 3, 4)
    assert pixels.dtype == np.float32
    assert pixels == pytest.approx(np.tile([0.0, 0.25, 0.75, 1.0], (3, 1)))
    assert [patch_at(place, 4, 2) for place in range(4)] == [0, 0, 1, 1]
