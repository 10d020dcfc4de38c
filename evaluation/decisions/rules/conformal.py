"""Thresholds on conformal p-values of images, alone and over a whole batch.

Conformal p-values: Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World, 2005; with
the procedure of Benjamini and Hochberg: Bates, Candès, Lei, Romano and Sesia, Testing for outliers
with conformal p-values, Annals of Statistics 2023.
"""

import numpy as np
from numpy.typing import NDArray

from evaluation.decisions.pooled_scores import PooledScores, above
from evaluation.decisions.thresholds import Evidence, ThresholdRule, register
from evaluation.metrics.curves import Scores, Undefined


def p_values(normal: Scores, scores: Scores) -> NDArray[np.float64]:
    """Conformal p-values (m,) of scores (m,), by the scores (n,) of normal items:

        p = (1 + #{normal scores >= s}) / (n + 1)

    When an item is exchangeable with the normal ones, P(p <= a) <= a for every a; with cross-fitted
    scores the bound is 2 a in theory and near a in practice (Barber, Candès, Ramdas and Tibshirani,
    Predictive inference with the jackknife+, Annals of Statistics 2021).
    """
    reached = len(normal) - np.searchsorted(np.sort(normal), scores, side="left")
    return (1 + reached) / (len(normal) + 1)


@register
class Conformal(ThresholdRule):
    """The lowest threshold at which the p-value of an image is at most the target rate."""

    name = "conformal"
    title = "Conformal p-value at most the target rate"
    description = (
        "For images. The p-value of an image is the proportion of normal images, including the "
        "image itself, with a score at least as high. If new normal images come from the same "
        "source as the training images, at most the target proportion of them is flagged, on "
        "average over sets of normal images, whatever the method. The guarantee is lost if the "
        "light, camera or product changes. With n normal images, the lowest possible rate is 1 / "
        "(n + 1)."
    )
    uses_rate = True
    rank = 2

    def compute(self, evidence: Evidence, rate: float) -> float:
        normal = _images_of(evidence)
        allowed = int(rate * (normal.count + 1) * (1 + 1e-12)) - 1
        if allowed < 0:
            raise Undefined(
                f"with {normal.count} normal images the lowest possible rate is "
                f"{normal.smallest_rate:.2g}"
            )
        return normal.threshold_with(allowed)


@register
class FalseDiscovery(ThresholdRule):
    """Benjamini and Hochberg, Journal of the Royal Statistical Society B 1995."""

    name = "false-discovery"
    title = "False discovery rate of the batch"
    description = (
        "For images: the Benjamini-Hochberg procedure on the p-values of all test images. On "
        "average, at most the target proportion of the flagged images is normal, if normal test "
        "images come from the same source as the training images. It needs no labels. The "
        "threshold depends on the batch."
    )
    uses_rate = True
    rank = 3

    def compute(self, evidence: Evidence, rate: float) -> float:
        normal = _images_of(evidence)
        if not evidence.test.count:
            raise Undefined("no test image")
        batch = np.sort(np.concatenate(list(evidence.test.batches())))[::-1]
        values = p_values(np.concatenate(list(normal.batches())), batch)
        passed = values <= rate * np.arange(1, len(batch) + 1) / len(batch) * (1 + 1e-12)
        if not passed.any():
            return above(max(float(batch[0]), normal.maximum()))
        return float(batch[np.flatnonzero(passed)[-1]])


def _images_of(evidence: Evidence) -> PooledScores:
    if evidence.normal.item != "image":
        raise Undefined("p-values are defined for whole images only")
    if not evidence.normal.count:
        raise Undefined("no held-out normal image")
    return evidence.normal
