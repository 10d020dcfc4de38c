"""Images judged by each other: how unlike a patch is to the patches of the other images."""

import copy
from collections.abc import Mapping
from typing import Self

import numpy as np
from numpy.typing import NDArray

from methods.detector import Array, Panel
from methods.features.patch_features import Band, Patches
from methods.models.moments import Moments
from methods.models.search import distances
from methods.models.thumbnails import as_picture, thumbnails
from methods.patches.patch_detector import NormalPatches, PatchModel, Reason
from methods.patches.reduction import Reduction
from methods.progress import Progress, span

MOMENTS = 40_000
"""Patches from which mean and spread of the features are taken."""

BLOCK_BYTES = 32 * 2**20
"""Of the table of products that is held at once."""


class MutualScores(PatchModel):
    """The mean distance of a patch to the images that have something most like it.

    With z the reduced patch (see `Reduction`) and M_j the patches kept of image j,

        d_j = min_{m in M_j} ||z - m||,
        score = mean of the lowest `share` of all d_j, j other than the image of z

    (Li, Huang, Xue and Zhou, MuSc, ICLR 2024, Eq. 3 and 4). A normal patch has its like in most
    images, a defect in few. Not more than `images` images are compared with, drawn at random, and
    `budget` patches of all of them together. Cost: one pass over the images, and `budget` k
    multiplications a patch of k numbers; memory: `budget` patches.
    """

    def __init__(self, reduction: Reduction, images: int, budget: int, share: float) -> None:
        self.reduction = reduction
        self.images = images
        self.budget = budget
        self.share = share
        self._left_out = -1

    def fit(self, patches: NormalPatches, rng: np.random.Generator, progress: Progress) -> None:
        self.compared_ = np.sort(
            rng.choice(len(patches), min(self.images, len(patches)), replace=False)
        )
        compared = patches.of_images(self.compared_)
        some, _ = compared.sample_with_places(MOMENTS, rng, span(progress, 0.0, 0.5))
        self.reduction.fit(Moments.of([some]), rng)
        kept, places = compared.sample_with_places(self.budget, rng, span(progress, 0.5, 0.9))
        self.bank_ = self.reduction(kept)
        self.owners_ = places[:, 0].copy()
        self.pictures_ = thumbnails(compared, places, span(progress, 0.9, 1.0))

    def without(self, image: int) -> Self:
        """The same model for a patch of that image, which is not compared with itself."""
        found = np.flatnonzero(self.compared_ == image)
        other = copy.copy(self)
        other._left_out = int(found[0]) if len(found) else -1
        return other

    def score(self, band: Band) -> NDArray[np.float32]:
        away = self._sorted(self.reduction(band.patches))
        return away[:, : self._counted(away.shape[1])].mean(axis=1)

    def reason(self, band: Band) -> Reason:
        reduced = self.reduction(band.patches)
        away = self._sorted(reduced)[0]
        others = np.flatnonzero(self.owners_ != self._left_out)
        every = distances(np.repeat(reduced, len(others), axis=0), self.bank_[others])
        nearest = others[every.argmin()]
        counted = self._counted(len(away))
        return Reason(
            f"In {counted} of {len(away)} other images the most similar patch is on average "
            f"{away[:counted].mean():.4g} away, in the others {away[counted - 1]:.4g} or more.",
            panels=(Panel("Most similar", as_picture(self.pictures_[nearest])),),
        )

    def state(self) -> dict[str, Array]:
        return {
            **self.reduction.state(),
            "bank": self.bank_,
            "owners": self.owners_,
            "compared": self.compared_,
            "pictures": self.pictures_,
        }

    def restore(self, arrays: Mapping[str, Array]) -> None:
        self.reduction.restore(arrays)
        self.bank_ = arrays["bank"]
        self.owners_ = arrays["owners"]
        self.compared_ = arrays["compared"]
        self.pictures_ = arrays["pictures"]

    def _counted(self, images: int) -> int:
        """How many of the most similar images count."""
        return max(1, round(self.share * images))

    def _sorted(self, reduced: Patches) -> NDArray[np.float32]:
        """Distances (n, images) of patches to each other image, the lowest first."""
        starts = np.searchsorted(self.owners_, np.arange(len(self.compared_)))
        half_squares = np.einsum("md,md->m", self.bank_, self.bank_) / 2
        squares = np.einsum("nd,nd->n", reduced, reduced)
        others = np.arange(len(self.compared_)) != self._left_out
        found = np.empty((len(reduced), int(others.sum())), dtype=np.float32)
        step = max(1, BLOCK_BYTES // (4 * len(self.bank_)))
        for start in range(0, len(reduced), step):
            part = slice(start, start + step)
            likeness = reduced[part] @ self.bank_.T
            likeness -= half_squares
            best = np.maximum.reduceat(likeness, starts, axis=1)[:, others]
            found[part] = np.sqrt((squares[part, None] - 2 * best).clip(0))
        found.sort(axis=1)
        return found
