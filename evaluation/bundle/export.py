"""A bundle of a method of a comparison, with the thresholds of the present choice."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

import numpy as np

from evaluation.assessment import Assessment
from evaluation.bundle.bundle import Bundle
from evaluation.bundle.facts import (
    Facts,
    ModelCard,
    StoredImageScore,
    StoredMetric,
    StoredProcessing,
    StoredRange,
    StoredThreshold,
)
from evaluation.comparison.comparison import MODEL_FILE, Comparison
from evaluation.decisions.calibration import IMAGE_RATE, in_words, rate_at
from evaluation.decisions.masks import NO_PROCESSING, PostProcessing
from evaluation.decisions.thresholds import DEFAULT_RATE, LEVELS, Level, Threshold
from evaluation.level_threshold import level_threshold
from evaluation.metrics.metrics import measures
from evaluation.report.tables import versions
from evaluation.report.warnings import warnings
from images.colour import Mask
from images.dataset import Picture
from methods import registry
from methods.detector import read_saved


def bundle_of(
    comparison: Comparison,
    assessment: Assessment,
    *,
    rule: str = "",
    rate: float = DEFAULT_RATE,
    chosen: Mapping[Level, Threshold] | None = None,
    processing: PostProcessing = NO_PROCESSING,
) -> Bundle:
    """The fitted detector of a method with everything that decides about new images.

    The thresholds of pixels and of images are those in `chosen`, else those that `rule` sets for a
    target rate, else those of the usual rule; each says which it is. Raises `ComparisonError` or
    `DetectorError` when what the comparison stored cannot be read.
    """
    result = assessment.result
    header, arrays = read_saved(result.folder / MODEL_FILE)
    thresholds = {
        level: level_threshold(assessment, level, rule=rule, rate=rate, chosen=chosen)
        for level in LEVELS
    }
    score = assessment.protocol.image_score
    facts = Facts(
        label=result.variant.label,
        detector=result.variant.detector,
        params=dict(result.params),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        versions=versions(),
        image_score=StoredImageScore(kind=score.kind, share=score.share, smoothing=score.smoothing),
        pixel_threshold=_stored(thresholds["pixel"], rate),
        image_threshold=_stored(thresholds["image"], rate),
        display_low=assessment.usual_score,
        processing=StoredProcessing(**asdict(processing)),
        scales={
            samples: StoredRange(low=scale.low, high=scale.high)
            for samples, scale in comparison.data.read_scales().items()
        },
        needs=registry.get(result.variant.detector).needs,
        card=_card(comparison, assessment, header),
        own_image_score=assessment.has_own_score,
    )
    return Bundle(
        facts,
        common_region(comparison.data.normal or comparison.data.test),
        assessment.normal_image_scores,
        assessment.normal_medians,
        comparison.normal_properties,
        header,
        arrays,
    )


def common_region(pictures: Sequence[Picture]) -> Mask | None:
    """The region of interest for new images: every pixel that one of the pictures uses.

    So what is ignored in single images is used in new ones. None for all pixels, also when the
    pictures differ in size.
    """
    region: Mask | None = None
    for picture in pictures:
        counted = picture.read_counted() if picture.read_counted is not None else None
        if counted is None or (region is not None and region.shape != counted.shape):
            return None
        region = counted.copy() if region is None else region | counted
    return None if region is None or region.all() else region


def _stored(threshold: Threshold, rate: float) -> StoredThreshold:
    return StoredThreshold(
        value=threshold.value,
        rule=threshold.rule.name,
        title=threshold.rule.title,
        rate=rate if threshold.rule.uses_rate else None,
        set_on=threshold.set_on,
        uses_labels=threshold.rule.uses_labels,
    )


def _card(comparison: Comparison, assessment: Assessment, header: Mapping[str, str]) -> ModelCard:
    data, metrics = comparison.data, assessment.metrics
    labels = np.array([-1 if label is None else label for label in assessment.labels])
    checked: tuple[tuple[Level, float], ...] = (("pixel", DEFAULT_RATE), ("image", IMAGE_RATE))
    found = (rate_at(assessment.found_rates, level, target) for level, target in checked)
    return ModelCard(
        data=data.name,
        about=data.about,
        synthetic=data.synthetic,
        normal_images=len(data.normal),
        test_images=len(data.test),
        defective_test_images=int((labels == 1).sum()),
        good_test_images=int((labels == 0).sum()),
        training_digest=header.get("images", ""),
        calibration=assessment.calibration_text,
        metrics={
            measure.name: StoredMetric(
                title=measure.title,
                value=metrics.values[measure.name],
                reason=metrics.undefined.get(measure.name, ""),
            )
            for measure in measures(assessment.protocol)
        },
        found_rates=tuple(in_words(rate) for rate in found if rate is not None),
        warnings=tuple(warnings(comparison, [assessment])),
        fit_seconds=assessment.result.fit_seconds,
        inference_seconds=assessment.result.score_seconds_per_image,
    )
