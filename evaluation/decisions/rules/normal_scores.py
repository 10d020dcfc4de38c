"""Thresholds from the highest normal score, or from mean and spread of all."""

from evaluation.decisions.pooled_scores import above
from evaluation.decisions.thresholds import Evidence, ThresholdRule, register

DEVIATIONS = 3.0


@register
class NormalMaximum(ThresholdRule):
    """The lowest threshold that no normal score reaches."""

    name = "normal-maximum"
    title = "Above every normal score"
    description = "Just above the highest normal score. A single outlier pixel determines it."
    rank = 4

    def compute(self, evidence: Evidence, rate: float) -> float:
        return above(evidence.normal.maximum())


@register
class NormalDeviation(ThresholdRule):
    """Mean and `DEVIATIONS` standard deviations of the normal scores."""

    name = "normal-deviation"
    title = "Mean + 3 standard deviations"
    description = (
        "Mean and standard deviation of the normal scores. The resulting false positive rate "
        "depends on their distribution, which is rarely Gaussian."
    )
    rank = 5

    def compute(self, evidence: Evidence, rate: float) -> float:
        mean, deviation = evidence.normal.mean_and_deviation()
        return mean + DEVIATIONS * deviation
