"""The evidence lower bound of a variational autoencoder, term by term.

With the posterior q(z|x) = N(m, diag(s^2)) of a code z, the prior p(z) = N(0, I) and the likelihood
p(x|z) = N(mu(z), diag(sigma(z)^2)):

    log p(x)  >=  E_q log p(x|z)  -  KL(q(z|x) || p(z))

Everything is in nats. The first term is a map over pixels, the second one over cells of the code.
Kingma and Welling, Auto-encoding variational Bayes, ICLR 2014, equation 3.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

LEAST_LOG_VARIANCE = -6.0
"""Of a pixel, in units of the variance of normal images: a deviation of 0.05 of theirs. Without a
bound the density of a constant area, such as a black background, has no limit."""
HIGHEST_DENSITY = -0.5 * (LEAST_LOG_VARIANCE + math.log(2 * math.pi))
"""The largest logarithm of the density of one channel of a pixel that the bound allows."""


def divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(m, s^2) || N(0, 1)) summed over the code: (n, code, h, w) twice to (n, 1, h, w).

        1/2 sum_k (m_k^2 + s_k^2 - log s_k^2 - 1)

    Kingma and Welling, appendix B.
    """
    terms = mean.square() + log_variance.exp() - log_variance - 1
    return 0.5 * terms.sum(dim=1, keepdim=True)


def log_density(values: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """log N(x; mu, sigma^2) summed over the channels: (n, channels, H, W) to (n, 1, H, W)."""
    squares = (values - mean).square() * (-log_variance).exp()
    return -0.5 * (squares + log_variance + math.log(2 * math.pi)).sum(dim=1, keepdim=True)


def reconstruction_probability(values: Tensor, drawn: "list[tuple[Tensor, Tensor]]") -> Tensor:
    """The mean of log p(x|z) over codes z drawn from q(z|x), a map (n, 1, H, W).

    `drawn` has mean and logarithm of the variance for each code. An and Cho, Variational
    autoencoder based anomaly detection using reconstruction probability, SNU 2015, algorithm 4.
    """
    return torch.stack([log_density(values, *each) for each in drawn]).mean(dim=0)


def bounded(log_variance: Tensor) -> Tensor:
    """Values that never fall below `LEAST_LOG_VARIANCE`, and keep a gradient where they near it."""
    return LEAST_LOG_VARIANCE + functional.softplus(log_variance - LEAST_LOG_VARIANCE)


def periodic_noise(
    samples: int, code: int, cells: tuple[int, int], period: int, generator: torch.Generator
) -> Tensor:
    """Standard normal noise (samples, code, *cells) that repeats after `period` cells.

    Where tiles begin at multiples of the period, each sees the noise that the whole image would.
    Every second sample is the one before with its sign changed: the mean over both is exact where
    what is averaged is linear in the code, and less random elsewhere.
    """
    half = torch.randn((-(-samples // 2), code, period, period), generator=generator)
    pairs = torch.stack([half, -half], dim=1).flatten(0, 1)[:samples]
    down, across = (-(-side // period) for side in cells)
    return pairs.repeat(1, 1, down, across)[..., : cells[0], : cells[1]]
