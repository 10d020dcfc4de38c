"""What tuning a method was worth, in a sentence, with what it reaches on the test images."""

from collections.abc import Sequence

from evaluation.assessment import Assessment
from evaluation.comparison.tuned import Estimate, Tuned
from evaluation.metrics.metrics import measures
from evaluation.tuning.result import OnTest, sentence


def tuned_sentences(assessments: Sequence[Assessment]) -> list[str]:
    """A sentence for each method that was tuned, with its name."""
    found = []
    for assessment in assessments:
        tuned = assessment.result.variant.tuned
        if tuned is not None:
            label = assessment.result.variant.label
            found.append(f"{label}: {tuned_sentence(tuned, assessment, assessments)}")
    return found


def tuned_sentence(tuned: Tuned, own: Assessment, assessments: Sequence[Assessment]) -> str:
    """What the search found for one method, and what it is worth on the test images."""
    title = next(each.title for each in measures(own.protocol) if each.name == tuned.metric)
    if not tuned.changed:
        return sentence(tuned, title, OnTest(on_test(own, tuned.metric), None))
    default = default_of(own, assessments)
    reached = None if default is None else on_test(default, tuned.metric)
    return sentence(tuned, title, OnTest(reached, on_test(own, tuned.metric)))


def on_test(assessment: Assessment, metric: str) -> Estimate | None:
    """A metric on the test images with its interval; None where it has no value."""
    value = assessment.metrics.values[metric]
    if value is None:
        return None
    return Estimate(value, assessment.resampled.interval(metric))


def default_of(own: Assessment, assessments: Sequence[Assessment]) -> Assessment | None:
    """The method of the comparison that the tuned one was before: the same detector and seed, and
    no parameter that is not fixed there too; None where it is not compared."""
    variant = own.result.variant
    for assessment in assessments:
        other = assessment.result.variant
        same = (other.detector, other.seed) == (variant.detector, variant.seed)
        if same and other.tuned is None and dict(other.params).items() <= variant.params.items():
            return assessment
    return None
