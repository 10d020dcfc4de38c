"""What a threshold decides: right and wrong calls, and the rates made of them.

A score is anomalous when it is at or above the threshold.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.metrics.curves import Scores
from evaluation.metrics.truth import Truth, known_labels
from images.colour import Mask
from methods.patches.grid import ScoreMap


@dataclass(frozen=True)
class Confusion:
    """Calls by what they were; rates are None where nothing is there to divide by."""

    true_positives: int
    false_positives: int
    true_negatives: int
    false_negatives: int

    @property
    def true_positive_rate(self) -> float | None:
        """Share of the defective items that were called anomalous; also called recall."""
        return _share(self.true_positives, self.false_negatives)

    @property
    def false_negative_rate(self) -> float | None:
        """Share of the defective items that were missed."""
        return _share(self.false_negatives, self.true_positives)

    @property
    def false_positive_rate(self) -> float | None:
        """Share of the normal items that were called anomalous."""
        return _share(self.false_positives, self.true_negatives)

    @property
    def true_negative_rate(self) -> float | None:
        """Share of the normal items that were called normal."""
        return _share(self.true_negatives, self.false_positives)

    @property
    def precision(self) -> float | None:
        """Share of the items called anomalous that are defective."""
        return _share(self.true_positives, self.false_positives)

    @property
    def accuracy(self) -> float | None:
        """Share of right calls."""
        right = self.true_positives + self.true_negatives
        return _share(right, self.false_positives + self.false_negatives)

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall; None when nothing is defective."""
        if not self.true_positives + self.false_negatives:
            return None
        return _share(2 * self.true_positives, self.false_positives + self.false_negatives)

    @property
    def area(self) -> float | None:
        """The area under the ROC curve of this one decision: half of TPR + TNR."""
        found, spared = self.true_positive_rate, self.true_negative_rate
        return None if found is None or spared is None else (found + spared) / 2


def _share(part: int, rest: int) -> float | None:
    return part / (part + rest) if part + rest else None


def confusion(called: NDArray[np.bool_], defective: NDArray[np.bool_]) -> Confusion:
    """Count calls (n,) against the truth (n,)."""
    hits = int(np.count_nonzero(called & defective))
    calls, defects = int(np.count_nonzero(called)), int(np.count_nonzero(defective))
    return Confusion(hits, calls - hits, len(called) - calls - defects + hits, defects - hits)


def image_confusion(scores: Scores, labels: Sequence[bool | None], threshold: float) -> Confusion:
    """Judge a threshold on the images that are known to be defective or normal."""
    known, defective = known_labels(labels)
    return confusion(scores[known] >= threshold, defective[known])


def pixel_confusion(
    maps: Sequence[ScoreMap],
    truths: Sequence[Truth],
    decide: Callable[[ScoreMap, Mask | None], NDArray[np.bool_]],
) -> Confusion:
    """Judge the region of interest of all images whose mask is known.

    `decide` makes a mask of a score map and its region of interest (None for all), such as
    one threshold with post-processing. Reads each map once.
    """
    total = np.zeros(4, dtype=np.int64)
    for index, truth in enumerate(truths):
        if truth.mask is None:
            continue
        called, defective = decide(maps[index], truth.counted), truth.mask
        if truth.counted is not None:
            called, defective = called[truth.counted], defective[truth.counted]
        one = confusion(called.ravel(), defective.ravel())
        total += (
            one.true_positives,
            one.false_positives,
            one.true_negatives,
            one.false_negatives,
        )
    return Confusion(*total.tolist())
