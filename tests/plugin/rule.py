"""A threshold rule: twice the highest normal score."""

from evaluation.decisions.thresholds import Evidence, ThresholdRule


class TwiceTheMaximum(ThresholdRule):
    name = "plugin-twice"
    title = "Twice the highest, of the plug-in"
    description = "Twice the highest normal score."

    def compute(self, evidence: Evidence, rate: float) -> float:
        return 2 * evidence.normal.maximum()
