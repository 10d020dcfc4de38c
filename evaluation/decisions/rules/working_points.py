"""The six working points of the model of normality, T1 to T6.

They are those of Aburakhia, Tayeh, Myers and Shami, A transfer learning framework for anomaly
detection using model of normality, 2020, Table I, set on D1, the highest score of every normal
image, and D2, the mean score of every normal image.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.decisions.confusion import Confusion, image_confusion
from evaluation.decisions.thresholds import Evidence, Quantity, ThresholdRule, register
from evaluation.metrics.curves import Scores, Undefined

WORKING_POINTS: Mapping[str, tuple[Quantity, str, Callable[[NDArray[np.float64]], float]]] = {
    "T1": ("max", "max(D1)", lambda d: float(d.max())),
    "T2": ("max", "max(D1) - std(D1)", lambda d: float(d.max() - d.std())),
    "T3": ("max", "mean(D1) + std(D1)", lambda d: float(d.mean() + d.std())),
    "T4": ("mean", "max(D2)", lambda d: float(d.max())),
    "T5": ("mean", "max(D2) - std(D2)", lambda d: float(d.max() - d.std())),
    "T6": ("mean", "mean(D2) + std(D2)", lambda d: float(d.mean() + d.std())),
}
"""Quantity, formula and threshold of the normal images' quantities; std is over all of them."""

WORDS: Mapping[Quantity, str] = {"max": "highest", "mean": "mean"}


class WorkingPointRule(ThresholdRule):
    """One of `WORKING_POINTS`, where its quantity decides about images or pixels."""

    rank = 8

    def __init__(self, name: str) -> None:
        self.quantity, formula, self._of = WORKING_POINTS[name]
        text = f"{'D1' if self.quantity == 'max' else 'D2'}, the {WORDS[self.quantity]} score"
        self.name = name
        self.title = f"{name} = {formula}"
        self.description = (
            f"A working point of the model of normality; {text} of each normal image."
        )

    def compute(self, evidence: Evidence, rate: float) -> float:
        if self.quantity not in evidence.quantities:
            raise Undefined(
                f"{self.name} is a threshold on the {WORDS[self.quantity]} score of an image, "
                "which is not the image score used here"
            )
        return self._of(_quantity(evidence.quantities[self.quantity]))


for _name in WORKING_POINTS:
    register(WorkingPointRule(_name))


def _quantity(scores: Scores) -> NDArray[np.float64]:
    if not len(scores):
        raise Undefined("no held-out normal image")
    return scores.astype(np.float64)


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
