"""Thresholds tuned on the labelled test images themselves."""

from evaluation.decisions.thresholds import Evidence, ThresholdRule, register
from evaluation.metrics.curves import best_f1, nearest_to_corner


@register
class NearestCorner(ThresholdRule):
    """The point of the ROC curve nearest to its upper left corner."""

    name = "nearest-corner"
    title = "Nearest to (0, 1)"
    description = (
        "The point of the ROC curve nearest to the top left corner (no false positives, all "
        "defects found)."
    )
    uses_labels = True
    rank = 6

    def compute(self, evidence: Evidence, rate: float) -> float:
        return nearest_to_corner(evidence.ranking())


@register
class BestF1(ThresholdRule):
    """The threshold with the highest F1."""

    name = "best-f1"
    title = "Highest F1"
    description = "The threshold with the highest F1 on the test images."
    uses_labels = True
    rank = 7

    def compute(self, evidence: Evidence, rate: float) -> float:
        return best_f1(evidence.ranking())[1]
