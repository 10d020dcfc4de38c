"""Gaussian mixtures by hand; `test_density` of sparse coding compares with scikit-learn."""

import numpy as np
import pytest

from methods.models.mixture import GaussianMixture
from methods.progress import no_progress
from tests.progress import Heard


def fitted(points: list[list[float]], components: int, floor: float) -> GaussianMixture:
    mixture = GaussianMixture(components, floor, 100)
    mixture.fit(np.array(points), np.random.default_rng(0), no_progress)
    return mixture


def test_two_clusters_share_the_weight_and_the_peak() -> None:
    # Both clusters have variance 1 + 3 = 4 and half of the weight; they are 200 apart.
    mixture = fitted([[-101.0], [-99.0], [99.0], [101.0]], 2, 3.0)
    at_mean = -np.log(2 * np.sqrt(2 * np.pi))
    near = mixture.log_density(np.array([[-100.0], [102.0]]))
    np.testing.assert_allclose(near, np.log(0.5) + at_mean + np.array([0, -(2**2) / 8]))
    # As if both means lay in one place: 0.5 + 0.5.
    assert mixture.log_peak == pytest.approx(at_mean)


def test_no_density_exceeds_the_peak() -> None:
    rng = np.random.default_rng(1)
    points = rng.standard_normal((400, 3)) ** 3
    mixture = fitted(points.tolist(), 5, 0.01)
    assert mixture.log_density(points).max() <= mixture.log_peak


def test_no_more_rounds_are_made_than_allowed() -> None:
    heard = Heard()
    points = np.random.default_rng(2).standard_normal((300, 2))
    GaussianMixture(6, 1e-3, 4).fit(points, np.random.default_rng(0), heard)
    assert heard.fractions == [0.25, 0.5, 0.75, 1.0]


def test_nothing_to_score_gives_nothing() -> None:
    assert fitted([[0.0], [1.0]], 1, 1.0).log_density(np.empty((0, 1))).shape == (0,)
