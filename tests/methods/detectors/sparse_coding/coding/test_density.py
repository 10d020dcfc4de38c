"""The density of indicators, against scikit-learn and by hand."""

import numpy as np
import pytest
from sklearn.mixture import GaussianMixture

from methods.detectors.sparse_coding.coding.density import COVARIANCE_FLOOR, Density
from methods.progress import Cancelled, no_progress
from tests.progress import cancel_from


def clusters(seed: int, count: int = 1500) -> np.ndarray:
    """Three well separated, slanted clusters in the plane."""
    rng = np.random.default_rng(seed)
    centres = np.array([[0.0, 0.0], [12.0, 3.0], [-4.0, 15.0]])
    slants = np.array([[[1, 0.5], [0, 1]], [[0.5, 0], [0.3, 1]], [[1, 0], [-0.8, 0.4]]])
    kinds = rng.integers(3, size=count)
    return centres[kinds] + np.einsum("nq,nqr->nr", rng.standard_normal((count, 2)), slants[kinds])


def fitted(points: np.ndarray, components: int, seed: int = 0) -> Density:
    density = Density()
    density.fit(points, components, np.random.default_rng(seed), no_progress)
    return density


def test_one_gaussian_is_the_closed_form() -> None:
    points = np.array([[1.0], [2.0], [3.0], [4.0]])
    variance = 1 + COVARIANCE_FLOOR
    # Mean 2.5 and variance 1.25: the point 2.5 + sqrt(1.25) lies at z = 1.
    expected = 0.5 / variance + 0.5 * np.log(2 * np.pi * variance)
    score = fitted(points, 1).score(np.array([[2.5 + np.sqrt(1.25)]]))
    np.testing.assert_allclose(score, expected, rtol=1e-12)


def test_clusters_are_found_as_scikit_learn_finds_them() -> None:
    points = clusters(0)
    density = fitted(points, 3)
    z = (points - points.mean(axis=0)) / points.std(axis=0)
    reference = GaussianMixture(3, reg_covar=COVARIANCE_FLOOR, tol=1e-6, random_state=0).fit(z)
    elsewhere = np.concatenate([clusters(1), np.array([[5.0, 5.0], [-20.0, 30.0]])])
    z = (elsewhere - points.mean(axis=0)) / points.std(axis=0)
    np.testing.assert_allclose(density.score(elsewhere), -reference.score_samples(z), rtol=1e-2)


def test_threshold_is_reached_by_the_wanted_share_of_normal_points() -> None:
    points = clusters(0)
    density = fitted(points, 3)
    scores = density.score(points)
    for rate in (0.01, 0.05, 0.2):
        threshold = density.threshold(rate)
        assert (scores >= threshold).mean() == pytest.approx(rate, abs=1 / len(points))
        assert density.percentile(threshold) == pytest.approx(100 * (1 - rate), abs=1e-6)


def test_a_point_far_off_is_rarer_than_all_normal_ones() -> None:
    density = fitted(clusters(0), 3)
    assert density.percentile(density.score(np.array([[100.0, 100.0]]))[0]) == 100


def test_points_that_are_all_the_same_give_finite_scores() -> None:
    density = fitted(np.ones((50, 3)), 4)
    assert np.isfinite(density.score(np.array([[1.0, 1.0, 1.0], [2.0, 1.0, 1.0]]))).all()


def test_state_restores_the_same_scores() -> None:
    points = clusters(0)
    density, again = fitted(points, 3), Density()
    again.restore(density.state())
    np.testing.assert_array_equal(again.score(points), density.score(points))
    assert again.threshold(0.01) == density.threshold(0.01)


def test_fitting_can_be_cancelled() -> None:
    with pytest.raises(Cancelled):
        Density().fit(clusters(0), 3, np.random.default_rng(0), cancel_from(0))
