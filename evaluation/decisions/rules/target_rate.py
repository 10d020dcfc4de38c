"""Thresholds that keep to a target false positive rate on the normal scores."""

from evaluation.decisions.thresholds import Evidence, ThresholdRule, register


@register
class NormalQuantile(ThresholdRule):
    """The quantile of the normal scores themselves."""

    name = "normal-quantile"
    title = "Target false positive rate"
    description = "The lowest threshold that at most the target share of the normal scores reach."
    uses_rate = True
    rank = 0

    def compute(self, evidence: Evidence, rate: float) -> float:
        return evidence.normal.threshold_for(rate)


@register
class NormalBootstrap(ThresholdRule):
    """A quantile that also holds for most other draws of normal images."""

    name = "normal-bootstrap"
    title = "Target false positive rate, 95 % sure"
    description = (
        "As before, but so high that 95 % of the draws of other normal images, made by bootstrap, "
        "keep to the target rate too."
    )
    uses_rate = True
    rank = 1

    def compute(self, evidence: Evidence, rate: float) -> float:
        return evidence.normal.bootstrap_threshold(rate)
