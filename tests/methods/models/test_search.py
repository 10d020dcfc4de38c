"""Exact search, coresets and clusters against brute force and by hand."""

import numpy as np
import pytest
from sklearn.cluster import KMeans

from methods.models import search
from methods.models.coreset import cluster_centres, greedy_coreset
from methods.models.search import distances, nearest, neighbourhoods
from methods.progress import no_progress


@pytest.mark.parametrize("block", [search.BLOCK_BYTES, 4 * 40 * 7])
def test_finds_the_nearest_in_blocks_of_any_size(
    block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "BLOCK_BYTES", block)
    rng = np.random.default_rng(0)
    patches, bank = (rng.normal(size=(n, 5)).astype(np.float32) for n in (100, 40))
    table = np.linalg.norm(patches[:, None] - bank[None], axis=2)
    np.testing.assert_array_equal(nearest(patches, bank), table.argmin(axis=1))
    found = distances(patches, bank[nearest(patches, bank)])
    np.testing.assert_allclose(found, table.min(axis=1), rtol=1e-6)


def test_a_vector_is_its_own_neighbour() -> None:
    bank = np.array([[0], [1], [3], [7]], dtype=np.float32)
    found = [set(row) for row in neighbourhoods(bank, bank, 2).tolist()]
    assert found == [{0, 1}, {1, 0}, {2, 1}, {3, 2}]
    assert neighbourhoods(bank, bank, 9).shape == (4, 4)


def test_the_next_of_a_coreset_is_farthest_from_all_before() -> None:
    points = np.array([[0], [1], [4], [9], [10]], dtype=np.float32)
    for seed in range(5):
        chosen = greedy_coreset(points, 3, np.random.default_rng(seed), no_progress).tolist()
        # From 0 the farthest is 10, then 4, and so on, worked out for each start.
        assert (
            chosen
            == {0: [0, 4, 2], 1: [1, 4, 2], 2: [2, 4, 0], 3: [3, 0, 2], 4: [4, 0, 2]}[chosen[0]]
        )


def test_a_coreset_of_all_takes_each_once() -> None:
    points = np.random.default_rng(0).normal(size=(50, 80)).astype(np.float32)
    chosen = greedy_coreset(points, 50, np.random.default_rng(1), no_progress)
    assert sorted(chosen) == list(range(50))


def test_centres_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    corners = np.array([[0, 0], [10, 0], [0, 10]], dtype=np.float32)
    points = np.repeat(corners, 30, axis=0) + rng.normal(0, 0.5, (90, 2)).astype(np.float32)
    for seed in range(20):
        start = points[np.random.default_rng(seed).choice(90, 3, replace=False)]
        expected = KMeans(3, init=start, n_init=1, max_iter=100).fit(points).cluster_centers_
        found = cluster_centres(points, 3, np.random.default_rng(seed), no_progress)
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
