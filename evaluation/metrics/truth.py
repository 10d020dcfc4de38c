"""The ground truth of a test image: where it is defective, and its region of interest."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.metrics.curves import Scores
from images.colour import Mask
from images.dataset import GOOD, Picture
from images.errors import AnomalyError
from images.on_demand import OnDemand
from methods.patches.grid import ScoreMap


@dataclass(frozen=True)
class Truth:
    """What is known about one test image."""

    name: str
    mask: Mask | None
    """Where it is defective; None when that is not known pixel by pixel."""
    defective: bool | None
    """Whether it has a defect at all; None when that is unknown."""
    counted: Mask | None = None
    """The region of interest; None for all pixels."""
    known_class: str | None = None
    """The known class that it belongs to; None where there are none, or it belongs to none."""

    def of_counted(self, scores: ScoreMap) -> Scores:
        """The scores (n,) in the region of interest."""
        return scores.ravel() if self.counted is None else scores[self.counted]


def truth_of(picture: Picture) -> Truth:
    """The truth of a picture; its masks are decoded once."""
    mask = picture.mask()
    defective = picture.kind != GOOD if picture.kind is not None else None
    if defective is None and mask is not None:
        defective = bool(mask.any())
    counted = picture.read_counted() if picture.read_counted is not None else None
    return Truth(picture.name, mask, defective, counted, picture.known_class)


class Truths(OnDemand[Truth]):
    """The truth of some pictures, read one at a time."""

    def __init__(self, pictures: Sequence[Picture]) -> None:
        super().__init__(len(pictures), lambda at: truth_of(pictures[at]))


def known_labels(
    labels: Sequence[bool | None],
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which images (n,) are known to be defective or normal, and which to be defective."""
    known = np.array([label is not None for label in labels], dtype=bool)
    return known, np.array([label is True for label in labels], dtype=bool)


class ScoreError(AnomalyError):
    """A score map cannot be used; the text names it."""


def check_scores(scores: ScoreMap, truth: Truth) -> None:
    """Raise `ScoreError` that names the map unless it fits its image and every score is finite."""
    for mask in (truth.mask, truth.counted):
        if mask is not None and mask.shape != scores.shape:
            height, width = scores.shape
            raise ScoreError(
                f"The score map of {truth.name} is {width} x {height} pixels and a mask of it "
                f"{mask.shape[1]} x {mask.shape[0]}."
            )
    if not np.isfinite(scores).all():
        raise ScoreError(
            f"The score map of {truth.name} contains NaN or infinity, so no metric can be computed."
        )
    if truth.counted is not None and not truth.counted.any():
        raise ScoreError(f"{truth.name} has no pixels in the region of interest.")
