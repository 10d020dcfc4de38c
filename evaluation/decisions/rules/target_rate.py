"""Thresholds that keep to a target false positive rate on the normal scores."""

from evaluation.decisions.thresholds import Evidence, ThresholdRule, register


@register
class NormalQuantile(ThresholdRule):
    """The quantile of the normal scores themselves."""

    name = "normal-quantile"
    title = "Target false positive rate"
    description = (
        "The lowest threshold that at most the target proportion of normal scores reaches."
    )
    uses_rate = True
    rank = 0

    def compute(self, evidence: Evidence, rate: float) -> float:
        return evidence.normal.threshold_for(rate)


@register
class NormalBootstrap(ThresholdRule):
    """A quantile that also holds for most other draws of normal images."""

    name = "normal-bootstrap"
    title = "Target false positive rate, 95 % confidence"
    description = (
        "Like the rule above, but high enough that the target rate also holds in 95 % of "
        "bootstrap samples of the normal images."
    )
    uses_rate = True
    rank = 1

    def compute(self, evidence: Evidence, rate: float) -> float:
        return evidence.normal.bootstrap_threshold(rate)
