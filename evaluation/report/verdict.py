"""Whether one method is better than another, in plain words."""

from collections.abc import Sequence

from evaluation.assessment import Assessment
from evaluation.metrics.metrics import measures
from images.words import count


def verdicts(assessments: Sequence[Assessment], name: str) -> list[str]:
    """A sentence for the leader by a metric against each of the others, nearest first.

    Methods for which the metric has no value are left out.
    """
    ranked = sorted(
        (
            (value, assessment)
            for assessment in assessments
            if (value := assessment.metrics.values[name]) is not None
        ),
        key=lambda pair: -pair[0],
    )
    return [compare(ranked[0][1], other, name) for _, other in ranked[1:]]


def compare(ahead: Assessment, behind: Assessment, name: str) -> str:
    """How far one method is ahead of another by a metric, and whether that is significant."""
    title = {measure.name: measure.title for measure in measures(ahead.protocol)}[name]
    first, second = ahead.metrics.values[name], behind.metrics.values[name]
    assert first is not None
    assert second is not None
    names = ahead.result.variant.label, behind.result.variant.label
    difference = first - second
    if difference == 0:
        return f"{' and '.join(names)} have the same result on these images: {title} {first:.3f}."
    interval = ahead.resampled.lead(behind.resampled, name)
    lead = f"{names[0]} is ahead of {names[1]} by {difference:.3f} in {title}"
    if interval is None:
        return f"{lead}; too few images for an interval."
    images = count(interval.images, "image")
    bounds = f"95 % interval {interval.low:.3f} to {interval.high:.3f}; {images}"
    if interval.low > 0:
        return f"{lead}, {bounds}."
    return f"{lead}, but the difference is not significant: {bounds}."
