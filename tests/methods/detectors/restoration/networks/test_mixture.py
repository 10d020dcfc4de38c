"""The mixture against scikit-learn, SciPy and numbers worked by hand."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal
from sklearn.mixture import GaussianMixture

from methods.detectors.restoration.networks.mixture import Mixture, fit_mixture, moments
from methods.progress import no_progress


def clusters() -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    points = torch.randn((900, 3), generator=generator, dtype=torch.float64)
    points[:300] = points[:300] * 0.5 + torch.tensor([4.0, 0.0, 0.0])
    points[300:600, 1] += 2 * points[300:600, 0] - 5
    return points


def test_energy_of_one_gaussian_by_hand() -> None:
    mixture = Mixture(torch.ones(1), torch.zeros(1, 2), torch.diag(torch.tensor([4.0, 1.0]))[None])
    # Squared distance 2^2 / 4 + 3^2 / 1 = 10; |2 pi S| = (2 pi)^2 * 4.
    expected = 0.5 * 10 + 0.5 * math.log((2 * math.pi) ** 2 * 4)
    assert mixture.energy(torch.tensor([[2.0, 3.0]])).item() == pytest.approx(expected)


def test_energy_is_minus_the_log_likelihood_of_scipy() -> None:
    points = clusters()[::50]
    memberships = torch.rand((len(points), 2), dtype=torch.float64).softmax(dim=1)
    mixture = moments(points, memberships)
    density = sum(
        float(weight) * multivariate_normal(mean.numpy(), covariance.numpy()).pdf(points.numpy())
        for weight, mean, covariance in zip(
            mixture.weights, mixture.means, mixture.covariances, strict=True
        )
    )
    np.testing.assert_allclose(mixture.energy(points).numpy(), -np.log(density), rtol=1e-6)


def test_moments_are_weighted_means_and_covariances() -> None:
    points = clusters()
    memberships = torch.rand((len(points), 2), dtype=torch.float64)
    memberships = memberships / memberships.sum(dim=1, keepdim=True)
    mixture = moments(points, memberships)
    for component in range(2):
        shares = memberships[:, component].numpy()
        mean = np.average(points.numpy(), axis=0, weights=shares)
        covariance = np.cov(points.numpy().T, aweights=shares, ddof=0)
        assert float(mixture.weights[component]) == pytest.approx(shares.mean())
        np.testing.assert_allclose(mixture.means[component].numpy(), mean)
        np.testing.assert_allclose(mixture.covariances[component].numpy(), covariance, atol=2e-3)


def test_expectation_maximisation_is_as_likely_as_scikit_learns() -> None:
    points = clusters()
    reference = GaussianMixture(3, n_init=5, random_state=0, tol=1e-5).fit(points.numpy())
    found = fit_mixture(points, 3, torch.Generator().manual_seed(0), no_progress)
    likelihood = -found.energy(points).mean().item()
    assert likelihood == pytest.approx(reference.score(points.numpy()), abs=0.01)
    order = found.means[:, 0].argsort(descending=True)
    expected = reference.means_[np.argsort(-reference.means_[:, 0])]
    np.testing.assert_allclose(found.means[order].numpy(), expected, atol=0.1)


def test_identical_points_give_a_finite_energy() -> None:
    points = torch.ones(50, 3)
    found = fit_mixture(points, 2, torch.Generator().manual_seed(0), no_progress)
    assert torch.isfinite(found.energy(torch.zeros(1, 3))).all()
