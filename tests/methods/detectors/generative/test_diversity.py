"""The diversity of generated crops, from none to that of normal ones."""

import math

import numpy as np
import pytest

from methods.detectors.generative.diversity import diversity, effective_number, squared_distances


def crops(count: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.random((count, 1, 8, 8)).astype(np.float32)


def test_a_generator_that_always_draws_the_same_has_none() -> None:
    found = diversity(np.repeat(crops(1), 20, axis=0), crops(20, seed=1))
    assert found.generated == pytest.approx(1)
    assert found.share == pytest.approx(0, abs=1e-9)
    assert found.collapsed


def test_two_samples_in_turn_are_worth_two() -> None:
    """Far from each other, their similarity counts for nothing."""
    far = crops(2) * np.array([1, 100], dtype=np.float32)[:, None, None, None]
    found = diversity(np.tile(far, (10, 1, 1, 1)), crops(20, seed=1))
    assert found.generated == pytest.approx(2)
    assert found.collapsed


def test_normal_crops_are_as_diverse_as_normal_crops() -> None:
    found = diversity(crops(40), crops(40, seed=1))
    assert found.share == pytest.approx(1, abs=0.02)
    # All pairs are about as far apart as the mean: a similarity near exp(-4), for all of them.
    assert 38 < found.normal < 40
    assert not found.collapsed


def test_samples_that_hardly_differ_are_hardly_diverse() -> None:
    normal = crops(40)
    shares = [
        diversity(0.5 + size * (normal - 0.5), normal).share for size in (1.0, 0.5, 0.2, 0.05)
    ]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == pytest.approx(1)
    assert shares[-1] < 0.05


def test_where_normal_crops_are_all_the_same_nothing_is_missing() -> None:
    flat = np.full((5, 3, 8, 8), 0.5, dtype=np.float32)
    assert diversity(flat, flat).share == 1
    assert not diversity(crops(5).repeat(3, axis=1), flat).collapsed
    assert diversity(crops(1), crops(1)).share == 1


def test_the_effective_number_of_two_that_are_alike_by_half() -> None:
    """K / 2 has the eigenvalues 3/4 and 1/4."""
    expected = math.exp(-0.75 * math.log(0.75) - 0.25 * math.log(0.25))
    assert effective_number(np.array([[1, 0.5], [0.5, 1]])) == pytest.approx(expected)
    assert effective_number(np.eye(7)) == pytest.approx(7)
    assert effective_number(np.ones((7, 7))) == pytest.approx(1)


def test_distances_are_squared_and_exact_between_equal_crops() -> None:
    points = np.array([[0, 0], [3, 4], [0, 0]], dtype=np.float32).reshape(3, 1, 1, 2)
    np.testing.assert_array_equal(squared_distances(points), [[0, 25, 0], [25, 0, 25], [0, 25, 0]])
