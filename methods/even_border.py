"""Scores that mean the same near the border of an image as inside."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from methods.detector import Array
from methods.features.patch_features import Band
from methods.patch_detector import NormalPatches, PatchModel, Reason
from methods.progress import Progress, span
from methods.standardisation import border_zones


class EvenBorder(PatchModel):
    """A model whose scores are divided by what is usual for normal patches in the same zone.

    Near the border a network sees mirrored surroundings that occur nowhere else, and normal patches
    there score higher. The zones are those of `sides_and_corners`; the unit of the score is the
    mean score of normal patches in the zone, less those that score zero because the model remembers
    them. For models with scores from zero upwards. Cost: scoring the normal patches once.
    """

    def __init__(self, model: PatchModel, border: int) -> None:
        self.model = model
        self.border = border

    def fit(self, patches: NormalPatches, rng: np.random.Generator, progress: Progress) -> None:
        self.model.fit(patches, rng, span(progress, 0.0, 0.6))
        sums, counts = np.zeros((2, 1 + 8 * self.border))
        for band in patches.bands(span(progress, 0.6, 1.0)):
            zones = self._zones(band)
            scores = self.model.score(band)
            sums += np.bincount(zones, scores, minlength=len(sums))
            counts += np.bincount(zones, scores > 0, minlength=len(counts))
        everywhere = sums.sum() / max(counts.sum(), 1) or 1.0
        usual = np.where(counts > 0, sums / counts.clip(1), everywhere)
        self.usual_ = usual.clip(1e-3 * everywhere).astype(np.float32)

    def score(self, band: Band) -> NDArray[np.float32]:
        return self.model.score(band) / self.usual_[self._zones(band)]

    def reason(self, band: Band) -> Reason:
        reason = self.model.reason(band)
        usual = float(self.usual_[self._zones(band)[0]])
        return replace(
            reason,
            text=f"{reason.text} The score is that divided by {usual:.4g}, which is usual for "
            "normal patches in this part of an image.",
        )

    def state(self) -> dict[str, Array]:
        return {**self.model.state(), "border.usual": self.usual_}

    def restore(self, arrays: Mapping[str, Array]) -> None:
        self.model.restore(arrays)
        self.usual_ = arrays["border.usual"]

    def _zones(self, band: Band) -> NDArray[np.int64]:
        return sides_and_corners(band.grid.shape, self.border)[band.cells]


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
    return np.where(farther < depth, 1 + corner * depth + farther, sides).ravel()
