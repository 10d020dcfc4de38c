"""The metrics of a method: one list that the table, `results.json` and the dashboard share.

A metric without a value is None with a reason, never 0 or NaN.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from evaluation.decisions.image_scores import ImageScore
from evaluation.decisions.thresholds import Level
from evaluation.metrics.curves import (
    Ranking,
    Undefined,
    auroc,
    average_precision,
    best_f1,
    true_positive_rate_at,
)
from evaluation.metrics.regions import PixelRanking, aupro


@dataclass(frozen=True)
class Protocol:
    """Choices that metrics depend on, the same for all methods of a comparison."""

    image_score: ImageScore = field(default_factory=ImageScore)
    pro_limit: Annotated[float, Field(gt=0, le=1)] = 0.3
    """The false positive rate up to which the PRO curve is integrated."""
    false_positive_rate: Annotated[float, Field(ge=0, le=1)] = 0.05
    """Where the true positive rate is read."""


USUAL = Protocol()
"""What methods are judged under until a person chooses otherwise."""


@dataclass(frozen=True)
class Rankings:
    """What metrics are computed from: the rankings of the test pixels and of the test images."""

    pixel: PixelRanking
    image: Ranking


@dataclass(frozen=True)
class Measure:
    """A metric of a method; higher is better for all of them."""

    name: str
    """Its key in `results.json`."""
    level: Level
    """What it is made of: pixels or images."""
    title: str
    description: str
    """One or two sentences for a person who reads the table."""
    compute: Callable[[Rankings], float]
    """Raises `Undefined` where it has no value."""


def measures(protocol: Protocol) -> tuple[Measure, ...]:
    """All metrics of a method under a protocol."""
    rate, limit = protocol.false_positive_rate, protocol.pro_limit
    return (
        Measure(
            "pixel_auroc",
            "pixel",
            "Pixel AUROC",
            "Probability that a defective pixel scores higher than a normal one, pooled over all "
            "test pixels with known ground truth. Large defects have more weight than small ones.",
            lambda rankings: auroc(rankings.pixel),
        ),
        Measure(
            "aupro",
            "pixel",
            f"AUPRO to FPR {limit:g}",
            "Mean overlap with the defect regions (PRO), averaged over false positive rates up "
            f"to {limit:g}. Small and large regions have the same weight.",
            lambda rankings: aupro(rankings.pixel, limit),
        ),
        Measure(
            "pixel_average_precision",
            "pixel",
            "Pixel average precision",
            "Mean precision over recall. Useful when defects are rare.",
            lambda rankings: average_precision(rankings.pixel),
        ),
        Measure(
            "pixel_f1_max",
            "pixel",
            "Pixel F1, best",
            "The highest F1 of any threshold on the test images, an upper bound for thresholds "
            "set in advance.",
            lambda rankings: best_f1(rankings.pixel)[0],
        ),
        Measure(
            "pixel_tpr_at_fpr",
            "pixel",
            f"Pixel TPR at FPR {rate:g}",
            f"Proportion of defective pixels found when {rate:.4g} of the normal pixels are "
            "flagged.",
            lambda rankings: true_positive_rate_at(rankings.pixel, rate),
        ),
        Measure(
            "image_auroc",
            "image",
            "Image AUROC",
            "Probability that a defective image scores higher than a normal one. Image score: "
            f"{protocol.image_score.text()}, or a detector's own where it gives one.",
            lambda rankings: auroc(rankings.image),
        ),
        Measure(
            "image_average_precision",
            "image",
            "Image average precision",
            "Mean precision over recall, over images.",
            lambda rankings: average_precision(rankings.image),
        ),
        Measure(
            "image_f1_max",
            "image",
            "Image F1, best",
            "The highest F1 of any threshold on the test images.",
            lambda rankings: best_f1(rankings.image)[0],
        ),
        Measure(
            "image_tpr_at_fpr",
            "image",
            f"Image TPR at FPR {rate:g}",
            f"Proportion of defective images found when at most {rate:.4g} of the normal images "
            "are flagged.",
            lambda rankings: true_positive_rate_at(rankings.image, rate),
        ),
    )


@dataclass(frozen=True)
class Metrics:
    """The metrics of one method, by the names of their measures."""

    values: Mapping[str, float | None]
    undefined: Mapping[str, str]
    """Why a metric is None, for each one that is."""


def metrics_of(rankings: Rankings, protocol: Protocol) -> Metrics:
    """All metrics of one method."""
    values: dict[str, float | None] = {}
    undefined = {}
    for measure in measures(protocol):
        try:
            values[measure.name] = measure.compute(rankings)
        except Undefined as reason:
            values[measure.name] = None
            undefined[measure.name] = str(reason)
    return Metrics(values, undefined)
