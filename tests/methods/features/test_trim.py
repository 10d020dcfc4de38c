"""Normal images that are unlike the others are left out of training."""

import numpy as np
import pytest

from methods import registry
from methods.features.choice import TrimParameters, without_outliers
from tests.methods.test_contract import TEST, texture, with_defect

RAW = {"features": "raw patches", "window": 8, "stride": 4}
TRIMMED = [
    name for name in registry.names() if issubclass(registry.get(name).Params, TrimParameters)
]


def test_methods_that_trim() -> None:
    assert TRIMMED == ["nearest-neighbour", "one-class-svm", "padim"]


@pytest.mark.parametrize("name", TRIMMED)
def test_what_is_left_is_learned_as_if_the_rest_had_never_been_there(name: str) -> None:
    good = [texture(seed) for seed in range(8)]
    bad = [with_defect(texture(20)), 1 - with_defect(texture(21))]
    trimmed = registry.create(name, {**RAW, "trim": 0.2}).fit(
        [*good[:3], bad[0], *good[3:], bad[1]]
    )
    clean = registry.create(name, RAW).fit(good)
    np.testing.assert_array_equal(trimmed.score_map(TEST), clean.score_map(TEST))


def test_a_share_of_less_than_half_an_image_leaves_all() -> None:
    good = [texture(seed) for seed in range(4)]
    all_of_them = registry.create("padim", RAW).fit(good)
    trimmed = registry.create("padim", {**RAW, "trim": 0.1}).fit(good)
    np.testing.assert_array_equal(trimmed.score_map(TEST), all_of_them.score_map(TEST))


def test_only_outliers_are_left_out() -> None:
    """The median is 3 and the median absolute deviation 1: outliers are above 3 + 5.19."""
    scores = np.array([2.0, 3.0, 8.1, 4.0, 1.0, 3.0, 8.3, 9.0, 2.0])
    assert without_outliers(scores, 4) == [0, 1, 2, 3, 4, 5, 8]
    assert without_outliers(scores, 1) == [0, 1, 2, 3, 4, 5, 6, 8]
    assert without_outliers(np.ones(4), 2) == [0, 1, 2, 3]
