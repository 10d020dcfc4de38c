"""The threshold of pixels or of images with which a method leaves a comparison."""

from collections.abc import Mapping

from evaluation.assessment import Assessment
from evaluation.decisions.thresholds import DEFAULT_RATE, Level, Threshold
from evaluation.metrics.curves import Undefined


def level_threshold(
    assessment: Assessment,
    level: Level,
    *,
    rule: str = "",
    rate: float = DEFAULT_RATE,
    chosen: Mapping[Level, Threshold] | None = None,
) -> Threshold:
    """That in `chosen`, else what `rule` sets for a target rate, else what the usual rule sets.

    Raises `Undefined` where not even that sets one.
    """
    if chosen is not None and level in chosen:
        return chosen[level]
    try:
        return assessment.threshold(
            rule or assessment.default_rule, level, false_positive_rate=rate
        )
    except Undefined:
        return assessment.threshold(assessment.default_rule, level, false_positive_rate=rate)
