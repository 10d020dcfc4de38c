"""How far students are from the teacher and from each other, and what is normal of both."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from methods.models.gaussian import whitening
from methods.models.moments import Moments

Array = NDArray[np.float32]

SHRINKAGE = 0.01
"""Added to the variance of each standardised feature before errors are whitened."""
LEAST = 1e-6
"""Least standard deviation by which an error or an uncertainty is divided."""


def errors(outputs: Array, features: Array, metric: Array | None = None) -> Array:
    """How far the mean of the students is from the teacher (Bergmann et al. 2020, Eq. 7), (n,).

    With the outputs mu_i (M, n, d) of M students and the standardised features y (n, d),

        e = || W^T (mean_i mu_i - y) ||^2,

    W a `metric` (d, d), the identity if None, as published.
    """
    differences = outputs.mean(axis=0) - features
    if metric is not None:
        differences = differences @ metric
    return np.square(differences).sum(axis=1)


def uncertainties(outputs: Array) -> Array:
    """How far M students (M, n, d) are from each other (Bergmann et al. 2020, Eq. 8), (n,).

        v = 1/M sum_i || mu_i ||^2 - || mean_i mu_i ||^2 = 1/M sum_i || mu_i - mean_j mu_j ||^2

    The second form keeps its digits.
    """  # fmt: skip
    return np.square(outputs - outputs.mean(axis=0)).sum(axis=2).mean(axis=0)


@dataclass(frozen=True)
class NormalScores:
    """What errors and uncertainties of one receptive field are on normal images."""

    metric: Array | None
    """(d, d), by which differences are multiplied before they are squared; None for none."""
    moments: NDArray[np.float64]
    """Mean and standard deviation of the errors, then of the uncertainties: (4,)."""

    @classmethod
    def of(cls, outputs: Array, features: Array, whiten: bool) -> Self:
        """Those of normal cells that no student learned from: (M, n, d) and (n, d).

        With `whiten`, the metric makes an error the squared Mahalanobis distance of the difference
        from zero: directions in which students miss normal features count less.
        """
        metric = None
        if whiten:
            differences = Moments.of([outputs.mean(axis=0) - features])
            second = differences.covariance + np.outer(differences.mean, differences.mean)
            metric = whitening(second, SHRINKAGE)
        pair = errors(outputs, features, metric), uncertainties(outputs)
        moments = [f(values, dtype=np.float64) for values in pair for f in (np.mean, np.std)]
        return cls(metric, np.array(moments))

    def standardised(self, outputs: Array, features: Array) -> tuple[Array, Array | None]:
        """Errors (n,) and uncertainties (n,) in standard deviations above the mean of normal ones.

            (e - mean_e) / std_e    and    (v - mean_v) / std_v

        Their sum is the score (Bergmann et al. 2020, Eq. 9). A single student has no uncertainty.
        """  # fmt: skip
        mean, deviation, mean_v, deviation_v = self.moments
        error = (errors(outputs, features, self.metric) - mean) / max(deviation, LEAST)
        if len(outputs) == 1:
            return error.astype(np.float32), None
        uncertainty = (uncertainties(outputs) - mean_v) / max(deviation_v, LEAST)
        return error.astype(np.float32), uncertainty.astype(np.float32)

    def state(self) -> dict[str, NDArray[np.float32] | NDArray[np.float64]]:
        """Everything learned, as arrays."""
        metric = {} if self.metric is None else {"metric": self.metric}
        return {"moments": self.moments, **metric}

    @classmethod
    def restored(cls, arrays: Mapping[str, Array]) -> Self:
        """From what `state` returned."""
        return cls(arrays.get("metric"), arrays["moments"].astype(np.float64))
