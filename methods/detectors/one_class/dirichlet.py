"""Dirichlet distributions of probability vectors, by maximum likelihood."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, gammaln, polygamma

ITERATIONS = 1000
TOLERANCE = 1e-7
"""Relative change of all parameters below which they are found."""
NEWTON = 6
"""Steps of Newton for the inverse of the digamma function; five give 14 digits (Minka 2000)."""
LEAST_SPREAD = 1e-9

Vectors = NDArray[np.float64]


def fit_dirichlet(logarithms: Vectors) -> Vectors:
    """Parameters alpha (k,) under which vectors p with `logarithms` log p (n, k) are likeliest.

    The fixed point of Minka, Estimating a Dirichlet distribution, 2000, equation 9,

        digamma(alpha_k) <- digamma(sum_j alpha_j) + mean_i log p_ik,

    from the estimate by moments. Cost: up to 1000 iterations in k numbers; n counts once.
    """
    means = logarithms.mean(axis=0)
    alpha = _by_moments(np.exp(logarithms))
    for _ in range(ITERATIONS):
        before = alpha
        alpha = inverse_digamma(digamma(alpha.sum()) + means)
        if (np.abs(alpha - before) <= TOLERANCE * before).all():
            break
    return alpha


def log_density(logarithms: Vectors, alpha: Vectors) -> Vectors:
    """log P(p | alpha) (n,) of vectors with `logarithms` log p (n, k)."""
    constant: float = gammaln(alpha.sum()) - gammaln(alpha).sum()
    return constant + logarithms @ (alpha - 1)


def inverse_digamma(values: Vectors) -> Vectors:
    """x with digamma(x) = values, by Newton's method from Minka's start (2000, appendix C)."""
    with np.errstate(over="ignore", divide="ignore"):
        found = np.where(values >= -2.22, np.exp(values) + 0.5, -1 / (values - digamma(1.0)))
    for _ in range(NEWTON):
        found = found - (digamma(found) - values) / polygamma(1, found)
    return found


def _by_moments(vectors: Vectors) -> Vectors:
    """The start: means, and the precision from the variance of the first component (Minka 2000)."""
    means = vectors.mean(axis=0).clip(1e-12)
    spread = max(float(vectors[:, 0].var()), LEAST_SPREAD)
    precision = max(means[0] * (1 - means[0]) / spread - 1, 1e-2)
    start: Vectors = means * precision
    return start
