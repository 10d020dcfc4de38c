"""Samples of the patches of normal images."""

import numpy as np
import pytest

from methods.features.raw import RawPatches
from methods.patches.patch_detector import NormalPatches
from methods.progress import no_progress


def patches_of(images: int) -> NormalPatches:
    """Images of 9 x 9 pixels, 25 patches each, filled with their numbers."""
    numbered = [np.full((9, 9), number, dtype=np.float32) for number in range(images)]
    return NormalPatches(RawPatches(5, 1), numbered)


@pytest.mark.parametrize(
    ("images", "count", "fewest", "most"),
    [(300, 100, 0, 1), (7, 100, 14, 15), (4, 20, 5, 5), (1, 10, 10, 10), (3, 1, 0, 1)],
)
def test_a_sample_has_the_size_that_was_asked_for(
    images: int, count: int, fewest: int, most: int
) -> None:
    sample, places = patches_of(images).sample_with_places(
        count, np.random.default_rng(0), no_progress
    )
    assert len(sample) == len(places) == count
    each = np.bincount(places[:, 0], minlength=images)
    assert (each.min(), each.max()) == (fewest, most)
    assert (sample[:, 0] == places[:, 0]).all()


def test_few_patches_come_from_images_spread_over_all() -> None:
    _, places = patches_of(300).sample_with_places(100, np.random.default_rng(0), no_progress)
    assert set(np.diff(places[:, 0]).tolist()) == {3}


def test_images_with_fewer_patches_give_all_of_them() -> None:
    sample = patches_of(2).sample(100, np.random.default_rng(0), no_progress)
    assert len(sample) == 50
