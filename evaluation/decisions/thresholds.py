"""Rules that set a threshold, each saying on which images it was set.

A rule sees the scores of normal images from models that were not trained on them, or the labels of
the test images; the latter is marked, since a threshold that was chosen on the images it is judged
on flatters.

Conformal p-values: Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World, 2005; with
the procedure of Benjamini and Hochberg: Bates, Candès, Lei, Romano and Sesia, Testing for outliers
with conformal p-values, Annals of Statistics 2023.

The six working points are those of Aburakhia, Tayeh, Myers and Shami, A transfer learning framework
for anomaly detection using model of normality, 2020, Table I. They are set on D1, the highest score
of every normal image, and D2, the mean score of every normal image.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from evaluation.decisions.confusion import Confusion, image_confusion
from evaluation.decisions.normal_scores import NormalScores, above
from evaluation.metrics.curves import Ranking, Scores, Undefined, best_f1, nearest_to_corner

Level = Literal["pixel", "image"]
LEVELS: tuple[Level, ...] = get_args(Level)
Quantity = Literal["max", "mean"]
"""The highest score of an image (D1, d_max) or the mean of its scores (D2, d_mean)."""


@dataclass(frozen=True)
class Evidence:
    """What a rule may look at."""

    normal: NormalScores
    """Scores of normal items."""
    batch: Scores
    """The scores (n,) of the test images, whatever their labels."""
    ranking: Callable[[], Ranking]
    """The labelled test items; for rules that need labels alone."""
    quantities: Mapping[Quantity, Scores]
    """Those of the normal images that a threshold at this level can be compared with."""


@dataclass(frozen=True)
class ThresholdRule:
    """A way to set a threshold."""

    name: str
    title: str
    description: str
    """One or two sentences for a person."""
    uses_labels: bool
    """True when it is tuned on the test images."""
    compute: Callable[[Evidence, float], float]
    """The threshold for some evidence and a target rate; may raise `Undefined`."""
    uses_rate: bool = False
    """Whether the target rate changes anything."""


@dataclass(frozen=True)
class Threshold:
    """A threshold and where it came from."""

    value: float
    """A score at or above it is anomalous."""
    rule: ThresholdRule
    set_on: str
    """Which images it was set on, for a person."""


def _mean_plus(deviations: float, evidence: Evidence, rate: float) -> float:
    mean, deviation = evidence.normal.mean_and_deviation()
    return mean + deviations * deviation


WORKING_POINTS: Mapping[str, tuple[Quantity, str, Callable[[NDArray[np.float64]], float]]] = {
    "T1": ("max", "max(D1)", lambda d: float(d.max())),
    "T2": ("max", "max(D1) - std(D1)", lambda d: float(d.max() - d.std())),
    "T3": ("max", "mean(D1) + std(D1)", lambda d: float(d.mean() + d.std())),
    "T4": ("mean", "max(D2)", lambda d: float(d.max())),
    "T5": ("mean", "max(D2) - std(D2)", lambda d: float(d.max() - d.std())),
    "T6": ("mean", "mean(D2) + std(D2)", lambda d: float(d.mean() + d.std())),
}
"""Quantity, formula and threshold of the normal images' quantities; std is over all of them."""


def _working_point(name: str) -> ThresholdRule:
    quantity, formula, compute = WORKING_POINTS[name]

    def threshold(evidence: Evidence, rate: float) -> float:
        if quantity not in evidence.quantities:
            raise Undefined(f"{name} is a threshold on the {quantity} of an image's raw scores")
        return compute(_quantity(evidence.quantities[quantity]))

    text = {"max": "D1, the highest score", "mean": "D2, the mean score"}[quantity]
    return ThresholdRule(
        name,
        f"{name} = {formula}",
        f"A working point of the model of normality; {text} of each normal image.",
        False,
        threshold,
    )


def _quantity(scores: Scores) -> NDArray[np.float64]:
    if not len(scores):
        raise Undefined("no held-out normal image")
    return scores.astype(np.float64)


DEFAULT_RULE = "normal-quantile"
"""The rule that sets thresholds until a person chooses another."""
DEFAULT_RATE = 0.01
"""The target false positive rate when nobody says another."""


def p_values(normal: Scores, scores: Scores) -> NDArray[np.float64]:
    """Conformal p-values (m,) of scores (m,), by the scores (n,) of normal items:

        p = (1 + #{normal scores >= s}) / (n + 1)

    When an item is exchangeable with the normal ones, P(p <= a) <= a for every a; with cross-fitted
    scores the bound is 2 a in theory and near a in practice (Barber, Candès, Ramdas and Tibshirani,
    Predictive inference with the jackknife+, Annals of Statistics 2021).
    """
    reached = len(normal) - np.searchsorted(np.sort(normal), scores, side="left")
    return (1 + reached) / (len(normal) + 1)


def _conformal(evidence: Evidence, rate: float) -> float:
    normal = _images_of(evidence)
    allowed = int(rate * (normal.count + 1) * (1 + 1e-12)) - 1
    if allowed < 0:
        raise Undefined(
            f"with {normal.count} normal images the lowest possible rate is "
            f"{normal.smallest_rate:.2g}"
        )
    return normal.threshold_with(allowed)


def _false_discovery(evidence: Evidence, rate: float) -> float:
    """Benjamini and Hochberg, Journal of the Royal Statistical Society B 1995."""
    normal, batch = _images_of(evidence), np.sort(evidence.batch)[::-1]
    if not len(batch):
        raise Undefined("no test image")
    values = p_values(np.concatenate(list(normal.batches())), batch)
    passed = values <= rate * np.arange(1, len(batch) + 1) / len(batch) * (1 + 1e-12)
    if not passed.any():
        return above(max(float(batch[0]), normal.maximum()))
    return float(batch[np.flatnonzero(passed)[-1]])


def _images_of(evidence: Evidence) -> NormalScores:
    if evidence.normal.item != "image":
        raise Undefined("p-values are defined for whole images only")
    if not evidence.normal.count:
        raise Undefined("no held-out normal image")
    return evidence.normal


RULES = (
    ThresholdRule(
        "normal-quantile",
        "Target false positive rate",
        "The lowest threshold that at most the target proportion of normal scores reaches.",
        False,
        lambda evidence, rate: evidence.normal.threshold_for(rate),
        uses_rate=True,
    ),
    ThresholdRule(
        "normal-bootstrap",
        "Target false positive rate, 95 % confidence",
        "Like the rule above, but high enough that the target rate also holds in 95 % of "
        "bootstrap samples of the normal images.",
        False,
        lambda evidence, rate: evidence.normal.bootstrap_threshold(rate),
        uses_rate=True,
    ),
    ThresholdRule(
        "conformal",
        "Conformal p-value at most the target rate",
        "For images. The p-value of an image is the proportion of normal images, including the "
        "image itself, with a score at least as high. If new normal images come from the same "
        "source as the training images, at most the target proportion of them is flagged, on "
        "average over sets of normal images, whatever the method. The guarantee is lost if the "
        "light, camera or product changes. With n normal images, the lowest possible rate is 1 / "
        "(n + 1).",
        False,
        _conformal,
        uses_rate=True,
    ),
    ThresholdRule(
        "false-discovery",
        "False discovery rate of the batch",
        "For images: the Benjamini-Hochberg procedure on the p-values of all test images. On "
        "average, at most the target proportion of the flagged images is normal, if normal test "
        "images come from the same source as the training images. It needs no labels. The "
        "threshold depends on the batch.",
        False,
        _false_discovery,
        uses_rate=True,
    ),
    ThresholdRule(
        "normal-maximum",
        "Above every normal score",
        "Just above the highest normal score. A single outlier pixel determines it.",
        False,
        lambda evidence, rate: above(evidence.normal.maximum()),
    ),
    ThresholdRule(
        "normal-deviation",
        "Mean + 3 standard deviations",
        "Mean and standard deviation of the normal scores. The resulting false positive rate "
        "depends on their distribution, which is rarely Gaussian.",
        False,
        partial(_mean_plus, 3.0),
    ),
    ThresholdRule(
        "nearest-corner",
        "Nearest to (0, 1)",
        "The point of the ROC curve nearest to the top left corner (no false positives, all "
        "defects found).",
        True,
        lambda evidence, rate: nearest_to_corner(evidence.ranking()),
    ),
    ThresholdRule(
        "best-f1",
        "Highest F1",
        "The threshold with the highest F1 on the test images.",
        True,
        lambda evidence, rate: best_f1(evidence.ranking())[1],
    ),
    *map(_working_point, WORKING_POINTS),
)


def manual(value: float) -> Threshold:
    """A threshold that a person chose."""
    chosen = ThresholdRule("by-hand", "Manual", "Set manually.", True, lambda evidence, rate: value)
    return Threshold(value, chosen, "the test images (manual choice)")


def from_curve(value: float) -> Threshold:
    """A threshold that a person took from a curve of the test images."""
    chosen = ThresholdRule(
        "from-curve",
        "Point of a curve",
        "Selected on a curve of the test images.",
        True,
        lambda evidence, rate: value,
    )
    return Threshold(value, chosen, "the labelled test images")


def rule(name: str) -> ThresholdRule:
    """The rule of that name; raises KeyError when there is none."""
    return {known.name: known for known in RULES}[name]


@dataclass(frozen=True)
class WorkingPoint:
    """A threshold on the highest or on the mean score of an image, and how it decides."""

    name: str
    """``"T1"`` to ``"T6"``."""
    formula: str
    quantity: Quantity
    threshold: float
    decision: Confusion
    """On the test images with known ground truth."""


def working_points(
    normal: Mapping[Quantity, Scores],
    test: Mapping[Quantity, Scores],
    labels: Sequence[bool | None],
) -> tuple[WorkingPoint, ...]:
    """The six thresholds, set on normal images and judged on test images.

    `normal` and `test` hold the highest and the mean score (n,) of every image. Raises `Undefined`
    when there is no normal image.
    """
    points = []
    for name, (quantity, formula, compute) in WORKING_POINTS.items():
        threshold = compute(_quantity(normal[quantity]))
        decision = image_confusion(test[quantity], labels, threshold)
        points.append(WorkingPoint(name, formula, quantity, threshold, decision))
    return tuple(points)
