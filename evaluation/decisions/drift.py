"""Whether a stream of image scores still looks like the scores of normal images.

The scores of normal images and of everything seen so far give each new image a conformal p-value

    p_t = (#{i <= t: s_i > s_t} + u_t #{i <= t: s_i = s_t}) / (number of all s_i, s_t included),

with u_t uniform on (0, 1). While the images keep coming from the source of the normal ones, these
p-values are independent and uniform, however many normal images there are and whatever the scores'
distribution (Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World, 2005, theorem
2.8). So z_t = Phi^-1(1 - p_t) is standard Gaussian noise, and the one-sided CUSUM (Page, Continuous
inspection schemes, Biometrika 1954)

    S_t = max(0, S_{t-1} + z_t - k),    an alarm when S_t >= h, after which S starts again at 0,

has an average run length that is known in advance: without a change there is one alarm in ARL0
images on average. Defects raise single z_t, by a bounded amount, and end in no alarm as long as
they are rare; a run of them does. With few normal images an alarm takes long, since the new images
soon outnumber them; so it is told as well when the bulk of the latest images scores outside of
their range (`shift.side_of_bulk`).
"""

from array import array
from bisect import bisect_left, bisect_right, insort
from collections import deque
from dataclasses import dataclass
from functools import cached_property
from math import expm1
from typing import Any

import numpy as np
from scipy.special import bdtrc, ndtri

from evaluation.decisions.shift import side_of_bulk
from evaluation.metrics.curves import Scores

SLACK = 0.5
"""k: half the shift, in standard deviations, that is found quickest."""
RUN_LENGTH = 10_000.0
"""The ARL0 unless told otherwise: images from one false alarm to the next, on average."""
RECENT = 200
"""Images that are compared with the normal ones as a whole."""
LEAST = 10
"""Images below which nothing is said of their bulk."""
SEED = 0


def average_run_length(limit: float, slack: float = SLACK) -> float:
    """ARL0 of a one-sided CUSUM with limit h and slack k on standard Gaussian noise.

    Siegmund, Sequential Analysis, 1985, equation 10.17, with the overshoot of 0.583 at both ends:

        ARL0 = (exp(2 k b) - 2 k b - 1) / (2 k^2),    b = h + 1.166.
    """
    reach = 2 * slack * (limit + 1.166)
    return (expm1(reach) - reach) / (2 * slack**2)


def limit_for(run_length: float, slack: float = SLACK) -> float:
    """The limit h at which a CUSUM has an average run length, by bisection; 0 at the least."""
    low, high = 0.0, 1.0
    while average_run_length(high, slack) < run_length:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (
            (middle, high) if average_run_length(middle, slack) < run_length else (low, middle)
        )
    return low


@dataclass(frozen=True)
class DriftReport:
    """What a stream of scores shows; a value is None where it has none."""

    images: int
    recent: int
    """Images that the shares and the test of Kolmogorov and Smirnov are about, the latest ones."""
    flagged_share: float | None
    """Share of the recent images at or above the image threshold."""
    expected_share: float | None
    """The same of the normal images, with the image itself among them."""
    flagged_p_value: float | None
    """Probability of so many or more flagged images, were that share the true one (binomial)."""
    ks_distance: float | None
    """Largest distance of the distributions of recent and normal scores."""
    ks_p_value: float | None
    """Of the two-sample test of Kolmogorov and Smirnov; looked at once, not at every image."""
    cusum: float | None
    cusum_limit: float
    average_run_length: float
    """Images from one false alarm to the next, on average, without a change."""
    alarms: int
    first_alarm: str | None
    """The name of the image at which the first alarm came."""
    last_alarm: str | None
    outside: bool
    """Whether more than half of the recent images score outside the range of normal images."""
    drifting: bool
    """Whether that is so, or an alarm came within the recent images."""

    def text(self) -> str:
        """The warning for a person, or nothing."""
        if not self.drifting:
            return ""
        reason = (
            f"more than half of the latest {self.recent} score outside the range of normal images"
            if self.outside
            else f"at {self.last_alarm}, their scores had been higher than usual for too long "
            f"(CUSUM, one false alarm in {self.average_run_length:,.0f} images)"
        )
        return (
            f"The latest images no longer look like the normal images: {reason}. The thresholds "
            "may not be valid any more."
        )


class Drift:
    """Running statistics of the scores of a stream of images, in the order in which they came."""

    def __init__(
        self,
        normal: Scores,
        threshold: float,
        run_length: float = RUN_LENGTH,
        recent: int = RECENT,
    ) -> None:
        self._normal = np.sort(normal)
        self._threshold = threshold
        self._known = array("f", self._normal.tolist())
        self._latest: deque[float] = deque(maxlen=recent)
        self._run_length = run_length
        self._rng = np.random.default_rng(SEED)
        self._images = 0
        self._cusum = 0.0
        self._alarms = 0
        self._first_alarm: str | None = None
        self._last_alarm: str | None = None
        self._images_since = 0
        """Since the last alarm, with the image that gave it."""
        self._outside = False

    @cached_property
    def _limit(self) -> float:
        return limit_for(self._run_length)

    def add(self, name: str, score: float) -> bool:
        """Take in the score of the next image; returns whether there is something new to tell.

        The same scores in the same order give the same alarms. Without normal images there are
        none.
        """
        self._images += 1
        self._images_since += 1
        self._latest.append(score)
        if not len(self._normal):
            return False
        before = self._outside
        if len(self._latest) >= LEAST:
            self._outside = side_of_bulk(self._normal, np.array(self._latest)) != 0
        self._cusum = max(0.0, self._cusum + self._surprise(score) - SLACK)
        if self._cusum < self._limit:
            return self._outside and not before
        self._cusum = 0.0
        self._alarms += 1
        self._images_since = 1
        self._first_alarm = self._first_alarm or name
        self._last_alarm = name
        return True

    def _surprise(self, score: float) -> float:
        """z of a score, which is then one of those known."""
        value = float(np.float32(score))
        insort(self._known, value)
        total = len(self._known)
        above = total - bisect_right(self._known, value)
        equal = total - above - bisect_left(self._known, value)
        p_value = (above + equal * (1 - self._rng.random())) / total
        return -float(ndtri(p_value))

    def report(self) -> DriftReport:
        """What there is to say now; a millisecond, or 20 with 10,000 normal images."""
        latest = np.array(self._latest, dtype=np.float32)
        known = bool(len(self._normal))
        compared = known and bool(len(latest))
        flagged = int((latest >= self._threshold).sum())
        expected = (1 + int((self._normal >= self._threshold).sum())) / (len(self._normal) + 1)
        ks = _kolmogorov_smirnov(self._normal, latest) if compared else None
        return DriftReport(
            self._images,
            len(latest),
            flagged / len(latest) if len(latest) else None,
            expected if known else None,
            _at_least(flagged, len(latest), expected) if compared else None,
            None if ks is None else float(ks.statistic),
            None if ks is None else float(ks.pvalue),
            self._cusum if known else None,
            self._limit,
            self._run_length,
            self._alarms,
            self._first_alarm,
            self._last_alarm,
            self._outside,
            self._outside or (self._alarms > 0 and self._images_since <= len(latest)),
        )


def _at_least(count: int, total: int, rate: float) -> float:
    """The probability of `count` or more of `total` at a rate."""
    return 1.0 if count == 0 else float(bdtrc(count - 1, total, min(rate, 1.0)))


def _kolmogorov_smirnov(normal: Scores, latest: Scores) -> Any:
    from scipy.stats import ks_2samp

    return ks_2samp(latest, normal, method="auto")  # exact for so few
