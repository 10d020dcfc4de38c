"""How usual the indicators of a patch are among those of normal patches."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from methods.detector import Array
from methods.progress import Progress

Points = NDArray[np.float64]

COVARIANCE_FLOOR = 1e-3
"""Added to the diagonal of every covariance, in units of an indicator's variance."""
GAIN = 1e-4
"""Expectation-maximisation ends when the mean log-likelihood rises by less."""
MOST_ROUNDS = 300
PERCENTILES = np.linspace(0, 100, 2001)


class Density:
    """A Gaussian mixture fitted to points (n, q) by expectation-maximisation.

    Every quantity is standardised to z first. The score of a point is minus its log density,

        score = - log sum_k w_k N(z; m_k, C_k),

    and the scores of the points it was fitted on tell how rare a score is. An expectation and
    a maximisation cost O(n q^2) a component; scoring costs the same as one expectation.
    """

    def fit(
        self, points: Points, components: int, rng: np.random.Generator, progress: Progress
    ) -> None:
        """Fit to normal points (n, q), once, from starting means that `rng` draws far apart."""
        self.centre_ = points.mean(axis=0)
        self.spread_ = np.maximum(points.std(axis=0), np.finfo(np.float32).eps)
        z = (points - self.centre_) / self.spread_
        nearest = _nearest(z, _seeds(z, components, rng))
        self._maximise(z, np.eye(components)[nearest])
        likelihood = -np.inf
        for number in range(MOST_ROUNDS):
            joint = self._joint(z)
            evidence = np.logaddexp.reduce(joint, axis=1)
            gain = evidence.mean() - likelihood
            likelihood = evidence.mean()
            progress((number + 1) / MOST_ROUNDS)
            if gain < GAIN:
                break
            self._maximise(z, np.exp(joint - evidence[:, None]))
        self.normal_ = np.percentile(self.score(points), PERCENTILES)

    def score(self, points: Points) -> Points:
        """Minus the log density (n,) of the standardised points; higher = rarer."""
        z = (points - self.centre_) / self.spread_
        return -np.logaddexp.reduce(self._joint(z), axis=1)

    def percentile(self, score: float) -> float:
        """The share, in per cent, of normal points whose score is lower."""
        return float(np.interp(score, self.normal_, PERCENTILES))

    def threshold(self, false_positive_rate: float) -> float:
        """The score that this share of normal points reaches."""
        return float(np.interp(100 * (1 - false_positive_rate), PERCENTILES, self.normal_))

    def state(self) -> dict[str, Array]:
        return {
            "density.centre": self.centre_,
            "density.spread": self.spread_,
            "density.weights": self.weights_,
            "density.means": self.means_,
            "density.whitening": self.whitening_,
            "density.normal": self.normal_,
        }

    def restore(self, arrays: Mapping[str, Array]) -> None:
        self.centre_ = arrays["density.centre"]
        self.spread_ = arrays["density.spread"]
        self.weights_ = arrays["density.weights"]
        self.means_ = arrays["density.means"]
        self.whitening_ = arrays["density.whitening"]
        self.normal_ = arrays["density.normal"]

    def _joint(self, z: Points) -> Points:
        """log (w_k N(z; m_k, C_k)), shape (n, components)."""
        joint = np.empty((len(z), len(self.weights_)))
        for k, (mean, whitening) in enumerate(zip(self.means_, self.whitening_, strict=True)):
            white = (z - mean) @ whitening
            joint[:, k] = -0.5 * np.einsum("nq,nq->n", white, white)
        volumes = np.log(np.diagonal(self.whitening_, axis1=1, axis2=2)).sum(axis=1)
        return joint + (np.log(self.weights_) + volumes - 0.5 * z.shape[1] * np.log(2 * np.pi))

    def _maximise(self, z: Points, memberships: Points) -> None:
        """Weights, means and covariances of the components for given memberships (n, k).

        A covariance C is kept as the upper triangular W with W W^T = C^-1, so that (z - m) W is
        white.
        """
        totals = memberships.sum(axis=0) + 10 * np.finfo(float).eps
        self.weights_ = totals / totals.sum()
        self.means_ = memberships.T @ z / totals[:, None]
        floor = COVARIANCE_FLOOR * np.eye(z.shape[1])
        whitening = []
        for mean, membership, total in zip(self.means_, memberships.T, totals, strict=True):
            apart = z - mean
            covariance = (membership[:, None] * apart).T @ apart / total + floor
            whitening.append(np.linalg.inv(np.linalg.cholesky(covariance)).T)
        self.whitening_ = np.stack(whitening)


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
