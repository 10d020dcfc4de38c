"""What the score maps of one method are worth: rankings, figures, thresholds, decisions.

An assessment reads the maps from the comparison's folder and keeps what it worked out, so that
asking again costs nothing and no detector runs a second time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

from evaluation.comparison import Comparison, MethodResult
from evaluation.curves import Ranking, Scores, rank
from evaluation.image_scores import ImageScore
from evaluation.metrics import Figures, Rankings, figures
from evaluation.regions import PixelRanking, rank_pixels
from evaluation.truth import Truth, Truths

Level = Literal["pixel", "image"]


@dataclass(frozen=True)
class Assessment:
    """One method of a comparison, judged."""

    result: MethodResult
    truths: Sequence[Truth]
    held_out: Sequence[Truth]
    """Of the held-out normal images: nothing defective, and the pixels that count."""
    image_score: ImageScore = field(default_factory=ImageScore)

    @cached_property
    def image_scores(self) -> Scores:
        """A score (n,) for every test image."""
        return self.image_score.of_all(self.result.maps, self.truths)

    @cached_property
    def held_out_image_scores(self) -> Scores:
        """A score (n,) for every held-out normal image."""
        return self.image_score.of_all(self.result.held_out_maps, self.held_out)

    @cached_property
    def pixel_ranking(self) -> PixelRanking:
        """All test pixels whose truth is known, in order; about a second for 30 million."""
        return rank_pixels(self.result.maps, self.truths)

    @cached_property
    def image_ranking(self) -> Ranking:
        """The test images whose truth is known, in order."""
        labels = [truth.defective for truth in self.truths]
        known = np.array([label is not None for label in labels], dtype=bool)
        defective = np.array([label is True for label in labels], dtype=bool)
        return rank(self.image_scores[known], defective[known])

    def ranking(self, level: Level) -> Ranking:
        """The ranking of pixels or of images."""
        return self.pixel_ranking if level == "pixel" else self.image_ranking

    @cached_property
    def figures(self) -> Figures:
        """Every figure, None with a reason where it has no value."""
        return figures(Rankings(self.pixel_ranking, self.image_ranking))


def assess(
    comparison: Comparison, result: MethodResult, image_score: ImageScore | None = None
) -> Assessment:
    """Judge one method of a comparison."""
    return Assessment(
        result,
        Truths(comparison.data.test),
        Truths(comparison.split.held_out),
        image_score or ImageScore(),
    )
