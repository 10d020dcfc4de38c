"""How many held-out normal scores lie at or above a score, without reading the maps each time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.decisions.pooled_scores import PooledScores
from evaluation.metrics.curves import Scores, Undefined, count_normal

EACH = 2048
"""Scores of one image that are candidates for the table."""
POINTS = 2**15
HIGHEST = 1024
"""Candidates from the top that all stay in the table."""


@dataclass(frozen=True)
class NormalRanks:
    """A table of rising scores with exact counts; between two of them a share is interpolated."""

    scores: Scores
    at_or_above: NDArray[np.int64]
    above: NDArray[np.int64]
    total: int

    @classmethod
    def of(cls, normal: PooledScores) -> "NormalRanks":
        """The table of some normal scores; reads their maps twice and sorts them.

        Holds less than a megabyte, whatever the number of images. Raises `Undefined` without any
        score.
        """
        candidates = [np.empty(0, dtype=np.float32)]
        for batch in normal.batches():
            places = np.linspace(0, len(batch) - 1, min(EACH, len(batch))).round().astype(np.int64)
            candidates.append(np.sort(batch)[places])
        rising = np.unique(np.concatenate(candidates))
        if not len(rising):
            raise Undefined(f"no held-out normal {normal.item}")
        if len(rising) > POINTS:
            below, top = rising[:-HIGHEST], rising[-HIGHEST:]
            places = np.linspace(0, len(below) - 1, POINTS - HIGHEST).round().astype(np.int64)
            rising = np.concatenate([below[places], top])
        at_or_above, above, total = count_normal(rising[::-1], normal.batches())
        return cls(rising, at_or_above[::-1], above[::-1], total)

    def share_at_or_above(self, score: float) -> float:
        """The share of the normal scores that are as high as a score or higher, 0 to 1."""
        value = np.float32(score)
        place = int(np.searchsorted(self.scores, value))
        if place == len(self.scores):
            return 0.0
        if place == 0 or self.scores[place] == value:
            return float(self.at_or_above[place]) / self.total
        ends = self.scores[place - 1 : place + 1].astype(np.float64)
        counts = self.above[place - 1], self.at_or_above[place]
        return float(np.interp(float(value), ends, counts)) / self.total
