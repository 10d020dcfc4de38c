"""Scores that mean the same near the border of an image as inside."""

import copy
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from methods.detector import Array
from methods.features.patch_features import Band
from methods.patches.patch_detector import NormalPatches, PatchModel, Reason
from methods.patches.standardisation import border_zones
from methods.progress import Progress, span


class UsualScores:
    """The mean score of normal patches or pixels in each zone, for scores from zero upwards.

    Near the border of an image a network sees mirrored surroundings that occur nowhere else, and
    what is normal scores higher there. Scores divided by what is usual in their zone mean the same
    everywhere. Scores of zero do not count: such patches are remembered, not judged. The mean over
    all zones has the prior weight of `prior` scores in the mean of a zone.
    """

    def __init__(self, zones: int, prior: float = 0.0) -> None:
        self._prior = prior
        self._sums, self._counts = np.zeros((2, zones))

    def add(self, zones: NDArray[np.int64], scores: NDArray[np.float32]) -> None:
        """Take in scores (n,) and the number of the zone of each."""
        self._sums += np.bincount(zones, scores, minlength=len(self._sums))
        self._counts += np.bincount(zones, scores > 0, minlength=len(self._counts))

    def usual(self) -> NDArray[np.float32]:
        """The mean of each zone, never zero; that of all zones where a zone has no score."""
        everywhere = self._sums.sum() / max(self._counts.sum(), 1) or 1.0
        leant = self._sums + self._prior * everywhere
        weights = self._counts + self._prior
        usual = np.where(weights > 0, leant / weights.clip(1e-9), everywhere)
        return usual.clip(1e-3 * everywhere).astype(np.float32)


class EvenBorder(PatchModel):
    """A model whose scores are divided by what is usual for normal patches in the same zone.

    The zones are those of `sides_and_corners`, the unit of the score is that of `UsualScores`.
    With `images`, no more of them are scored for that, spread evenly over all. Cost: scoring their
    patches once.
    """

    def __init__(self, model: PatchModel, border: int, images: int | None = None) -> None:
        self.model = model
        self.border = border
        self.images = images

    def of(self, model: PatchModel) -> "EvenBorder":
        """The same for another model of the same patches."""
        other = copy.copy(self)
        other.model = model
        return other

    def fit(self, patches: NormalPatches, rng: np.random.Generator, progress: Progress) -> None:
        self.model.fit(patches, rng, span(progress, 0.0, 0.6))
        scores = UsualScores(1 + 8 * self.border)
        if self.images is not None:
            some = np.linspace(0, len(patches) - 1, min(self.images, len(patches)))
            patches = patches.of_images(np.unique(some.round().astype(np.int64)))
        for band in patches.bands(span(progress, 0.6, 1.0)):
            scores.add(self._zones(band), self.model.score(band))
        self.usual_ = scores.usual()

    def score(self, band: Band) -> NDArray[np.float32]:
        return self.model.score(band) / self.usual_[self._zones(band)]

    def reason(self, band: Band) -> Reason:
        reason = self.model.reason(band)
        usual = float(self.usual_[self._zones(band)[0]])
        return replace(
            reason,
            text=f"{reason.text} The score is this value divided by {usual:.4g}, the mean of "
            "normal patches in this part of an image.",
        )

    def state(self) -> dict[str, Array]:
        return {**self.model.state(), "border.usual": self.usual_}

    def restore(self, arrays: Mapping[str, Array]) -> None:
        self.model.restore(arrays)
        self.usual_ = arrays["border.usual"]

    def _zones(self, band: Band) -> NDArray[np.int64]:
        return sides_and_corners(band.grid.shape, self.border)[band.cells]


@lru_cache(maxsize=8)
def sides_and_corners(shape: tuple[int, int], depth: int) -> NDArray[np.int64]:
    """The zones of `border_zones` and others for the corners, ``1 + 8 * depth`` in all.

    In a corner an image ends in two ways at once, and normal scores are highest. Cells less than
    `depth` away from two sides are numbered by the corner and the larger of both distances.
    """
    rows, columns = np.indices(shape)
    down = np.stack([rows, shape[0] - 1 - rows])
    across = np.stack([columns, shape[1] - 1 - columns])
    corner = 4 + 2 * down.argmin(axis=0) + across.argmin(axis=0)
    farther = np.maximum(down.min(axis=0), across.min(axis=0))
    sides = border_zones(shape, depth).reshape(shape)
    zones = np.where(farther < depth, 1 + corner * depth + farther, sides).ravel()
    zones.flags.writeable = False  # since all who ask are given the same
    return zones
