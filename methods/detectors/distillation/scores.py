"""How far students are from the teacher and from each other, and what is normal of both."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from methods.models.gaussian import whitening
from methods.models.moments import Moments
from methods.patches.even_border import UsualScores

Floats = NDArray[np.float32]

SHRINKAGE = 0.01
"""Added to the variance of each standardised feature before differences are whitened."""
PRIOR = 8.0
"""Prior weight, in cells, of the mean over all zones in the estimate for one zone."""
LEAST = 1e-6
"""Least standard deviation by which an error or an uncertainty is divided."""


def differences(outputs: Floats, features: Floats) -> Floats:
    """The mean of M students (M, n, d) less the standardised features (n, d) of the teacher."""
    return outputs.mean(axis=0) - features


def errors(missed: Floats, metric: Floats | None = None) -> Floats:
    """How far the students are from the teacher (Bergmann et al. 2020), (n,).

    With the outputs mu_i of the students, the standardised features y and `missed` their
    differences mean_i mu_i - y, (n, d),

        e = || W^T (mean_i mu_i - y) ||^2,

    W a `metric` (d, d), the identity if None, as published.
    """
    return np.square(missed if metric is None else missed @ metric).sum(axis=1)


def uncertainties(outputs: Floats) -> Floats:
    """How far M students (M, n, d) are from each other (Bergmann et al. 2020), (n,).

        v = 1/M sum_i || mu_i ||^2 - || mean_i mu_i ||^2 = 1/M sum_i || mu_i - mean_j mu_j ||^2

    The second form keeps its digits.
    """  # fmt: skip
    return np.square(outputs - outputs.mean(axis=0)).sum(axis=2).mean(axis=0)


@dataclass(frozen=True)
class NormalScores:
    """What errors and uncertainties of one receptive field are on normal images."""

    metric: Floats | None
    """(d, d), by which differences are multiplied before they are squared; None for none."""
    usual: Floats
    """The mean error and uncertainty in each zone along the border, (2, zones)."""
    moments: NDArray[np.float64]
    """Mean and standard deviation of the errors, then of the uncertainties, both divided by what
    is usual in their zone: (4,)."""

    @classmethod
    def of(
        cls,
        missed: Floats,
        uncertain: Floats,
        zones: NDArray[np.int64],
        count: int,
        whiten: bool,
    ) -> Self:
        """Those of normal cells that no student was trained on.

        Given are their differences (n, d), their uncertainties (n,) and their zones (n,) of `count`
        zones, of which the first is the inside. With `whiten`, the metric makes an error the
        squared Mahalanobis distance of the difference from zero, so that directions in which
        students miss normal features count less.
        """
        metric = None
        if whiten:
            spread = Moments.of([missed])
            second = spread.covariance + np.outer(spread.mean, spread.mean)
            metric = whitening(second, SHRINKAGE)
        usual, moments = [], []
        for values in (errors(missed, metric), uncertain):
            of_zones = UsualScores(count, PRIOR)
            of_zones.add(zones, values)
            usual.append(of_zones.usual())
            evened = values / usual[-1][zones]
            moments += [evened.mean(dtype=np.float64), evened.std(dtype=np.float64)]
        return cls(metric, np.stack(usual), np.array(moments))

    def standardised(
        self, missed: Floats, uncertain: Floats, zones: NDArray[np.int64]
    ) -> tuple[Floats, Floats]:
        """Errors (n,) and uncertainties (n,) in standard deviations above the mean of normal ones.

            (e - mean_e) / std_e    and    (v - mean_v) / std_v

        Their sum is the score (Bergmann et al. 2020). Before that, both are divided by what
        is usual in their zone: near the border a network sees mirrored surroundings.
        """  # fmt: skip
        error, uncertainty = (
            ((values / usual[zones] - mean) / max(deviation, LEAST)).astype(np.float32)
            for values, usual, (mean, deviation) in zip(
                (errors(missed, self.metric), uncertain),
                self.usual,
                self.moments.reshape(2, 2),
                strict=True,
            )
        )
        return error, uncertainty

    def state(self) -> dict[str, NDArray[np.float32] | NDArray[np.float64]]:
        """Everything learned, as arrays."""
        metric = {} if self.metric is None else {"metric": self.metric}
        return {"usual": self.usual, "moments": self.moments, **metric}

    @classmethod
    def restored(cls, arrays: Mapping[str, NDArray[np.float32]]) -> Self:
        """From what `state` returned."""
        moments = arrays["moments"].astype(np.float64)
        return cls(arrays.get("metric"), arrays["usual"], moments)
