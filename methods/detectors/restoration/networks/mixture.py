"""Gaussian mixtures: energy, moments and expectation-maximisation."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from methods.models.expectation_maximisation import maximise_likelihood
from methods.progress import Progress

ITERATIONS = 100
RIDGE = 1e-4
"""Added to the diagonal of each covariance, times the mean variance of the points, unless told."""


@dataclass(frozen=True)
class Mixture:
    """Weights (k), means (k, d) and covariances (k, d, d) of k Gaussians in d dimensions."""

    weights: Tensor
    means: Tensor
    covariances: Tensor

    def log_densities(self, points: Tensor) -> Tensor:
        """log(weight_k N(z; mean_k, covariance_k)) for each of (n, d) points: (n, k)."""
        roots = torch.linalg.cholesky(self.covariances)
        offsets = (points[None] - self.means[:, None]).transpose(1, 2)
        distances = torch.linalg.solve_triangular(roots, offsets, upper=False).square().sum(dim=1)
        spread = roots.diagonal(dim1=1, dim2=2).log().sum(dim=1)
        dimensions = points.shape[1]
        scale = self.weights.log() - spread - 0.5 * dimensions * math.log(2 * math.pi)
        return scale - 0.5 * distances.T

    def energy(self, points: Tensor) -> Tensor:
        """Minus log likelihood of each of (n, d) points."""
        return -self.log_densities(points).logsumexp(dim=1)


def moments(points: Tensor, memberships: Tensor, ridge: float = RIDGE) -> Mixture:
    """The mixture of points (n, d) that belong to k components by shares (n, k).

    The step M of expectation-maximisation, and equation 5 of Zong et al., Deep autoencoding
    Gaussian mixture model, ICLR 2018. `ridge`, times the mean variance of the points, is added to
    each variance.
    """
    counts = memberships.sum(dim=0).clamp_min(torch.finfo(points.dtype).tiny)
    means = memberships.T @ points / counts[:, None]
    offsets = points[None] - means[:, None]
    weighted = offsets * memberships.T[:, :, None]
    covariances = weighted.transpose(1, 2) @ offsets / counts[:, None, None]
    added = ridge * points.var(dim=0, unbiased=False).mean().clamp_min(1e-6)
    unit = torch.eye(points.shape[1], dtype=points.dtype, device=points.device)
    return Mixture(counts / len(points), means, covariances + added * unit)


def fit_mixture(
    points: Tensor,
    components: int,
    generator: torch.Generator,
    progress: Progress,
    ridge: float = RIDGE,
) -> Mixture:
    """Maximise the likelihood of points (n, d) by expectation-maximisation.

    Starts from the nearest of `components` seeds, each drawn with a probability that grows with the
    squared distance to the seeds before it (k-means++). At most 100 iterations of O(n k d^2).
    """
    mixture = moments(points, _nearest_seed(points, components, generator), ridge)

    def expect() -> tuple[float, Tensor]:
        densities = mixture.log_densities(points)
        return float(densities.logsumexp(dim=1).mean()), densities

    def maximise(densities: Tensor) -> None:
        nonlocal mixture
        mixture = moments(points, densities.softmax(dim=1), ridge)

    maximise_likelihood(expect, maximise, ITERATIONS, progress)
    return mixture


def _nearest_seed(points: Tensor, components: int, generator: torch.Generator) -> Tensor:
    """Membership (n, k), 1 for the nearest seed."""
    first = torch.randint(len(points), (1,), generator=generator)
    distances = torch.cdist(points, points[first])
    for _ in range(1, components):
        chances = distances.amin(dim=1).square().cpu() + torch.finfo(points.dtype).tiny
        seed = torch.multinomial(chances, 1, generator=generator)
        distances = torch.cat([distances, torch.cdist(points, points[seed])], dim=1)
    return torch.nn.functional.one_hot(distances.argmin(dim=1), components).to(points.dtype)
