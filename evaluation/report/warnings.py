"""What a person must know before trusting a comparison, the same in every view."""

from collections.abc import Sequence

from evaluation.assessment import Assessment
from evaluation.comparison.comparison import Comparison
from evaluation.decisions.calibration import IMAGE_RATE
from evaluation.decisions.pooled_scores import smallest_rate
from evaluation.decisions.shift import shift_text, side_of_bulk
from images.words import count, percent

NOTHING_LEARNED = 0.6
"""Pixel AUROC on painted defects below which a method has learned nothing of use."""


def warnings(comparison: Comparison, assessments: Sequence[Assessment]) -> list[str]:
    """Warnings about the images and about single methods; none when all is well."""
    found = [comparison.plan.shared_text(), _shift(comparison, assessments)]
    found += [_nothing_learned(assessment) for assessment in assessments]
    found += [
        f"{assessment.result.variant.label}: {text}"
        for assessment in assessments
        for text in assessment.result.warnings
    ]
    return [text for text in [*found, _few_images(assessments)] if text]


def _shift(comparison: Comparison, assessments: Sequence[Assessment]) -> str:
    shifted = [
        assessment.result.variant.label
        for assessment in assessments
        if side_of_bulk(assessment.normal_medians, assessment.test_medians)
    ]
    return shift_text(shifted, comparison.normal_properties, comparison.test_properties)


def _few_images(assessments: Sequence[Assessment]) -> str:
    """A new good image scores above n others of its kind with a probability of 1 / (n + 1)."""
    counts = [len(one.normal_truths) for one in assessments if one.has_normal]
    if not counts or (rate := smallest_rate(min(counts))) <= IMAGE_RATE:
        return ""
    return (
        f"With {count(min(counts), 'normal image')} no threshold of images can keep to a false "
        f"positive rate below {percent(rate)}: so often a new good image scores above all of them. "
        "At lower targets, false alarms are more frequent than the target says."
    )


def _nothing_learned(assessment: Assessment) -> str:
    area = assessment.result.self_test.mean
    if area is None or area >= NOTHING_LEARNED:
        return ""
    return (
        f"{assessment.result.variant.label} cannot tell defects from normal texture here: its "
        f"pixel AUROC on defects painted on held-out normal images is {area:.2f} (0.5 is "
        "chance). Do not rely on its maps; try another method or preset."
    )
