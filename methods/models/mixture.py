"""Gaussian mixtures fitted by expectation-maximisation."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from methods.detector import Array
from methods.models.expectation_maximisation import maximise_likelihood
from methods.progress import Progress

Points = NDArray[np.float64]

BLOCK = 4096
"""Points whose joint densities are held at once when they are only scored."""


class GaussianMixture:
    """p(z) = sum_k w_k N(z; m_k, C_k), fitted to points (n, q).

    `floor` is added to the diagonal of every covariance. A round of expectation and maximisation
    costs O(n q^2) a component, a density one expectation.
    """

    def __init__(self, components: int, floor: float, rounds: int) -> None:
        self.components = components
        self.floor = floor
        self.rounds = rounds

    def fit(self, z: Points, rng: np.random.Generator, progress: Progress) -> None:
        """Fit once, from starting means that `rng` draws far apart, in at most `rounds` rounds."""
        nearest = _nearest(z, _seeds(z, self.components, rng))
        self._maximise(z, np.eye(self.components)[nearest])

        def expect() -> tuple[float, tuple[Points, Points]]:
            joint = self._joint(z)
            evidence = _log_sum(joint)
            return float(evidence.mean()), (joint, evidence)

        def maximise(expected: tuple[Points, Points]) -> None:
            joint, evidence = expected
            self._maximise(z, np.exp(joint - evidence[:, None]))

        maximise_likelihood(expect, maximise, self.rounds, progress)

    def log_density(self, z: Points) -> Points:
        """log p(z) of points (n, q)."""
        parts = [
            _log_sum(self._joint(z[first : first + BLOCK])) for first in range(0, len(z), BLOCK)
        ]
        return np.concatenate(parts) if parts else np.empty(0)

    @property
    def log_peak(self) -> float:
        """log sum_k w_k N(m_k; m_k, C_k), which no log density exceeds."""
        return float(_log_sum(self.log_scales()[None])[0])

    def state(self) -> dict[str, Array]:
        """Everything learned, as arrays."""
        return {"weights": self.weights_, "means": self.means_, "whitening": self.whitening_}

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Restore what `state` returned."""
        self.weights_ = arrays["weights"]
        self.means_ = arrays["means"]
        self.whitening_ = arrays["whitening"]

    def log_scales(self) -> Points:
        """log (w_k N(m_k; m_k, C_k)) of every component."""
        volumes = np.log(np.diagonal(self.whitening_, axis1=1, axis2=2)).sum(axis=1)
        constant = 0.5 * self.means_.shape[1] * np.log(2 * np.pi)
        scales: Points = np.log(self.weights_) + volumes - constant
        return scales

    def _joint(self, z: Points) -> Points:
        """log (w_k N(z; m_k, C_k)), shape (n, components)."""
        joint = np.empty((len(z), len(self.weights_)))
        for k, (mean, whitening) in enumerate(zip(self.means_, self.whitening_, strict=True)):
            white = (z - mean) @ whitening
            joint[:, k] = -0.5 * np.einsum("nq,nq->n", white, white)
        return joint + self.log_scales()

    def _maximise(self, z: Points, memberships: Points) -> None:
        """Weights, means and covariances of the components for given memberships (n, k).

        A covariance C is kept as the upper triangular W with W W^T = C^-1, so that (z - m) W is
        white.
        """
        totals = memberships.sum(axis=0) + 10 * np.finfo(float).eps
        self.weights_ = totals / totals.sum()
        self.means_ = memberships.T @ z / totals[:, None]
        floor = self.floor * np.eye(z.shape[1])
        whitening = []
        for mean, membership, total in zip(self.means_, memberships.T, totals, strict=True):
            apart = z - mean
            covariance = (membership[:, None] * apart).T @ apart / total + floor
            whitening.append(np.linalg.inv(np.linalg.cholesky(covariance)).T)
        self.whitening_ = np.ascontiguousarray(whitening)


def _log_sum(logs: Points) -> Points:
    """log sum exp along the rows (n, k)."""
    highest = logs.max(axis=1)
    total: Points = highest + np.log(np.exp(logs - highest[:, None]).sum(axis=1))
    return total


def _seeds(z: Points, count: int, rng: np.random.Generator) -> Points:
    """Points far apart: each drawn in proportion to its squared distance from those before it.

    Arthur and Vassilvitskii, k-means++, SODA 2007.
    """
    chosen = [z[rng.integers(len(z))]]
    distance = np.full(len(z), np.inf)
    while len(chosen) < count:
        distance = np.minimum(distance, ((z - chosen[-1]) ** 2).sum(axis=1))
        total = distance.sum()
        chosen.append(z[rng.choice(len(z), p=distance / total if total > 0 else None)])
    return np.stack(chosen)


def _nearest(z: Points, seeds: Points) -> NDArray[np.int64]:
    return np.argmin([((z - seed) ** 2).sum(axis=1) for seed in seeds], axis=0)
