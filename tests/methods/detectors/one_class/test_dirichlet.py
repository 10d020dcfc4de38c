"""Dirichlet distributions: the density, and the fixed point against a general optimiser."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import digamma
from scipy.stats import dirichlet

from methods.detectors.one_class.dirichlet import fit_dirichlet, inverse_digamma, log_density

ALPHAS = ([2.0, 3.0, 5.0], [0.3, 0.5, 0.2], [40.0, 1.0, 0.5, 0.7])


@pytest.mark.parametrize("alpha", ALPHAS)
def test_the_fixed_point_is_what_an_optimiser_finds(alpha: list[float]) -> None:
    vectors = np.random.default_rng(0).dirichlet(alpha, 300).clip(1e-12)
    logarithms = np.log(vectors)

    def cost(log_alpha: np.ndarray) -> float:
        return -float(log_density(logarithms, np.exp(log_alpha)).mean())

    best = minimize(cost, np.zeros(len(alpha)), method="BFGS", options={"gtol": 1e-7})
    found = fit_dirichlet(logarithms)
    np.testing.assert_allclose(found, np.exp(best.x), rtol=1e-3)
    assert cost(np.log(found)) <= best.fun + 1e-9


def test_parameters_are_found_again_from_many_vectors() -> None:
    vectors = np.random.default_rng(1).dirichlet([2.0, 3.0, 5.0], 20_000)
    np.testing.assert_allclose(fit_dirichlet(np.log(vectors)), [2, 3, 5], rtol=0.03)


def test_the_density_is_that_of_scipy() -> None:
    """And by hand: with parameters (2, 1) it is 2 p_1, so log 0.5 at p_1 = 1/4."""
    assert log_density(np.log([[0.25, 0.75]]), np.array([2.0, 1.0])) == pytest.approx(np.log(0.5))
    alpha = np.array([0.4, 2.5, 7.0])
    vectors = np.random.default_rng(2).dirichlet(alpha, 5)
    expected = [dirichlet.logpdf(vector, alpha) for vector in vectors]
    np.testing.assert_allclose(log_density(np.log(vectors), alpha), expected, rtol=1e-9)


def test_the_inverse_of_digamma() -> None:
    values = np.array([1e-3, 0.1, 0.7, 1.0, 5.0, 1e4])
    np.testing.assert_allclose(inverse_digamma(digamma(values)), values, rtol=1e-10)


def test_vectors_that_are_all_alike_give_finite_parameters() -> None:
    found = fit_dirichlet(np.log(np.full((50, 3), 1 / 3)))
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found, found[0])
    sure = fit_dirichlet(np.tile([[0.0, -20.0]], (50, 1)))
    assert np.isfinite(sure).all()
    assert (sure > 0).all()
