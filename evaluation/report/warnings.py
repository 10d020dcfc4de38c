"""What a person must know before trusting a comparison, the same in every view."""

from collections.abc import Sequence

from evaluation.assessment import Assessment
from evaluation.comparison.comparison import Comparison
from evaluation.decisions.shift import shift_text, side_of_bulk

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
    return [text for text in found if text]


def _shift(comparison: Comparison, assessments: Sequence[Assessment]) -> str:
    shifted = [
        assessment.result.variant.label
        for assessment in assessments
        if side_of_bulk(assessment.normal_medians, assessment.test_medians)
    ]
    return shift_text(shifted, comparison.normal_properties, comparison.test_properties)


def _nothing_learned(assessment: Assessment) -> str:
    area = assessment.result.self_test.mean
    if area is None or area >= NOTHING_LEARNED:
        return ""
    return (
        f"{assessment.result.variant.label} cannot tell defects from normal texture here: its "
        f"pixel AUROC on defects painted on held-out normal images is {area:.2f} (0.5 is "
        "chance). Do not rely on its maps; try another method or preset."
    )
