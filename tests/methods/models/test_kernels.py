"""Sums of Gaussian kernels by hand."""

import numpy as np
import pytest

from methods.models import kernels
from methods.models.kernels import kernel_distances

ONE = np.array([1.0], dtype=np.float32)
HALVES = np.array([0.5, 0.5], dtype=np.float32)


def rows(*values: list[float]) -> np.ndarray:
    return np.array(values, dtype=np.float32)


@pytest.mark.parametrize("width", [0.5, 2.0])
def test_one_kernel_gives_the_euclidean_distance(width: float) -> None:
    found = kernel_distances(rows([3, 4], [0, 0]), rows([0, 0]), ONE, width)
    np.testing.assert_allclose(found, [5, 0], rtol=1e-6)


def test_two_kernels_by_hand() -> None:
    # At 0 both kernels are exp(-1/2): distance 1. At 1 they are 1 and exp(-2), half of each.
    found = kernel_distances(rows([0], [1]), rows([-1], [1]), HALVES, 1.0)
    expected = [1, np.sqrt(-2 * np.log((1 + np.exp(-2)) / 2))]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_far_from_all_kernels_the_distance_goes_on_growing() -> None:
    # Of the nearer kernel, at 999, half remains: 999^2 + 2 log 2.
    found = kernel_distances(rows([1000], [2000]), rows([-1], [1]), HALVES, 1.0)
    np.testing.assert_allclose(found, np.sqrt([999**2 + 1.3863, 1999**2 + 1.3863]), rtol=1e-6)


def test_blocks_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    patches, points = (rng.standard_normal((n, 4), dtype=np.float32) for n in (50, 20))
    weights = np.full(20, 0.05, dtype=np.float32)
    whole = kernel_distances(patches, points, weights, 1.0)
    monkeypatch.setattr(kernels, "BLOCK_BYTES", 4 * 20 * 7)
    np.testing.assert_allclose(kernel_distances(patches, points, weights, 1.0), whole, rtol=1e-5)
