"""The thresholds of a method, one of pixels and one of images, as every page and file has them.

A pixel is marked by the threshold of pixels, an image is flagged by the threshold of images.
Neither stands for the other: a threshold that 1 % of normal pixels reach would flag nearly every
image.
"""

from collections.abc import Mapping, Sequence

from evaluation.assessment import Assessment
from evaluation.decisions.thresholds import DEFAULT_RATE, LEVELS, Level, Threshold
from evaluation.metrics.curves import Undefined

Thresholds = Mapping[Level, Threshold]
"""One for each level."""


def level_threshold(
    assessment: Assessment,
    level: Level,
    *,
    rule: str = "",
    rate: float = DEFAULT_RATE,
    chosen: Thresholds | None = None,
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


def thresholds_of(
    assessment: Assessment,
    *,
    rule: str = "",
    rate: float = DEFAULT_RATE,
    chosen: Thresholds | None = None,
) -> Thresholds:
    """Both thresholds, each as `level_threshold` finds it; raises `Undefined`."""
    return {
        level: level_threshold(assessment, level, rule=rule, rate=rate, chosen=chosen)
        for level in LEVELS
    }


def default_thresholds(assessments: Sequence[Assessment]) -> dict[str, Thresholds]:
    """Those of the usual rule at its usual rate, by the labels of the methods."""
    return {
        assessment.result.variant.label: thresholds_of(assessment) for assessment in assessments
    }
