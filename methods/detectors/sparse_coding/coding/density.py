"""How usual the indicators of a patch are among those of normal patches."""

from collections.abc import Mapping

import numpy as np

from methods.detector import Array
from methods.models.mixture import GaussianMixture, Points
from methods.progress import Progress

COVARIANCE_FLOOR = 1e-3
"""Added to the diagonal of every covariance, in units of an indicator's variance."""
MOST_ROUNDS = 300
PERCENTILES = np.linspace(0, 100, 2001)


class Density:
    """A Gaussian mixture fitted to points (n, q) by expectation-maximisation.

    Every quantity is standardised to z first. The score of a point is minus its log density,

        score = - log sum_k w_k N(z; m_k, C_k),

    and the scores of the points it was fitted on tell how rare a score is.
    """

    def fit(
        self, points: Points, components: int, rng: np.random.Generator, progress: Progress
    ) -> None:
        """Fit to normal points (n, q), once, from starting means that `rng` draws far apart."""
        self.centre_ = points.mean(axis=0)
        self.spread_ = np.maximum(points.std(axis=0), np.finfo(np.float32).eps)
        self.mixture_ = GaussianMixture(components, COVARIANCE_FLOOR, MOST_ROUNDS)
        self.mixture_.fit((points - self.centre_) / self.spread_, rng, progress)
        self.normal_ = np.percentile(self.score(points), PERCENTILES)

    def score(self, points: Points) -> Points:
        """Minus the log density (n,) of the standardised points; higher = rarer."""
        return -self.mixture_.log_density((points - self.centre_) / self.spread_)

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
            "density.normal": self.normal_,
            **{f"density.{name}": array for name, array in self.mixture_.state().items()},
        }

    def restore(self, arrays: Mapping[str, Array]) -> None:
        own = {name.removeprefix("density."): array for name, array in arrays.items()}
        self.centre_ = own["centre"]
        self.spread_ = own["spread"]
        self.normal_ = own["normal"]
        self.mixture_ = GaussianMixture(len(own["weights"]), COVARIANCE_FLOOR, MOST_ROUNDS)
        self.mixture_.restore(own)
