"""The terms of the evidence lower bound, against numbers computed independently."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import norm

from methods.detectors.generative.networks.elbo import (
    HIGHEST_DENSITY,
    LEAST_LOG_VARIANCE,
    bounded,
    divergence,
    log_density,
    periodic_noise,
    reconstruction_probability,
)


def numbers(*values: float) -> torch.Tensor:
    """One cell or pixel with these values."""
    return torch.tensor(values).view(1, -1, 1, 1)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_divergence_of_two_codes() -> None:
    # 1/2 (1 + 1 - 0 - 1) = 0.5 for N(1, 1), and 1/2 (0 + 4 - log 4 - 1) for N(0, 4).
    found = divergence(numbers(1.0, 0.0), numbers(0.0, math.log(4)))
    assert found.item() == pytest.approx(0.5 + 0.5 * (3 - math.log(4)))
    assert divergence(numbers(0.0), numbers(0.0)).item() == 0


def test_the_divergence_is_the_mean_difference_of_log_densities() -> None:
    """KL(q || p) is E_q[log q - log p], taken here as an integral over the line."""
    mean, deviation = 0.7, 0.4
    z = np.linspace(-12, 12, 200_001)
    q = norm.pdf(z, mean, deviation)
    integrand = q * (norm.logpdf(z, mean, deviation) - norm.logpdf(z))
    expected = np.trapezoid(integrand, z)
    found = divergence(numbers(mean), numbers(2 * math.log(deviation)))
    assert found.item() == pytest.approx(expected, rel=1e-5)


def test_the_density_is_that_of_scipy_summed_over_the_channels() -> None:
    rng = np.random.default_rng(0)
    values, means = rng.normal(size=(2, 3, 2, 4, 5)).astype(np.float32)
    log_variances = rng.uniform(-2, 2, size=(3, 2, 4, 5)).astype(np.float32)
    expected = norm.logpdf(values, means, np.exp(0.5 * log_variances)).sum(axis=1, keepdims=True)
    found = log_density(*map(torch.from_numpy, (values, means, log_variances)))
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-5)


def test_the_reconstruction_probability_is_the_mean_over_the_codes() -> None:
    values = numbers(0.3)
    drawn = [(numbers(0.0), numbers(0.0)), (numbers(1.0), numbers(math.log(0.25)))]
    expected = 0.5 * (norm.logpdf(0.3, 0, 1) + norm.logpdf(0.3, 1, 0.5))
    assert reconstruction_probability(values, drawn).item() == pytest.approx(expected)


def test_no_density_is_above_the_highest() -> None:
    least = bounded(torch.tensor([-100.0, LEAST_LOG_VARIANCE, 0.0, 5.0]))
    assert (least >= LEAST_LOG_VARIANCE).all()
    assert least[2:].tolist() == pytest.approx([0.0, 5.0], abs=5e-3)
    certain = log_density(numbers(0.2), numbers(0.2), numbers(LEAST_LOG_VARIANCE))
    assert certain.item() == pytest.approx(HIGHEST_DENSITY)
    expected = norm.logpdf(0.2, 0.2, math.exp(LEAST_LOG_VARIANCE / 2))
    assert expected == pytest.approx(HIGHEST_DENSITY)


def test_noise_repeats_and_its_pairs_cancel() -> None:
    noise = periodic_noise(4, 3, (8, 12), 4, seeded())
    assert noise.shape == (4, 3, 8, 12)
    torch.testing.assert_close(noise[..., :4, :4], noise[..., 4:, 8:])
    torch.testing.assert_close(noise[0::2], -noise[1::2])
    assert periodic_noise(1, 3, (2, 2), 4, seeded()).abs().min() > 0
    drawn = periodic_noise(64, 16, (4, 4), 4, seeded())
    assert drawn.std().item() == pytest.approx(1, abs=0.03)
