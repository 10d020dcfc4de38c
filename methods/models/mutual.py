"""Images judged by each other: how unlike a patch is to the patches of the other images."""

import copy
from collections.abc import Mapping, Sequence
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

BLOCK = 256
"""Patches that are compared at once: so few that their products stay in the processor's cache."""


class MutualScores(PatchModel):
    """The mean distance of a patch to the images that have something most like it.

    With z the reduced patch (see `Reduction`) and M_j the patches kept of image j,

        d_j = min_{m in M_j} ||z - m||,
        score = mean of the lowest `share` of all d_j, j other than the image of z

    (Li, Huang, Xue and Zhou, MuSc, ICLR 2024, Eq. 3 and 4). A normal patch has its like in most
    images, a defect in few. Patches that hold several descriptions one after the other (see
    `Neighbourhoods`) are compared by each with a reduction of its own, and the score is the mean.
    Not more than `images` images are compared with, drawn at random, and `budget` patches of all of
    them together. Cost: one pass over the images, and for each description `budget` k
    multiplications a patch of k numbers; memory: `budget` patches.
    """

    def __init__(
        self, reductions: Sequence[Reduction], images: int, budget: int, share: float
    ) -> None:
        self.reductions = tuple(reductions)
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
        for reduction, part in zip(self.reductions, self._parts(some), strict=True):
            reduction.fit(Moments.of([part]), rng)
        kept, places = compared.sample_with_places(self.budget, rng, span(progress, 0.5, 0.9))
        self.banks_ = self.reduced(kept)
        self.owners_ = places[:, 0].copy()
        self.pictures_ = thumbnails(compared, places, span(progress, 0.9, 1.0))

    def without(self, image: int) -> Self:
        """The same model for a patch of that image, which is not compared with itself."""
        found = np.flatnonzero(self.compared_ == image)
        other = copy.copy(self)
        other._left_out = int(found[0]) if len(found) else -1
        return other

    def reduced(self, patches: Patches) -> list[Patches]:
        """Each description (n, k) of patches, reduced."""
        parts = zip(self.reductions, self._parts(patches), strict=True)
        return [reduction(part) for reduction, part in parts]

    def score(self, band: Band) -> NDArray[np.float32]:
        away = self._sorted(self.reduced(band.patches))
        return away[:, : self._counted(away.shape[1])].mean(axis=1)

    def reason(self, band: Band) -> Reason:
        reduced = self.reduced(band.patches)
        away = self._sorted(reduced)[0]
        others = np.flatnonzero(self.owners_ != self._left_out)
        every = distances(np.repeat(reduced[0], len(others), axis=0), self.banks_[0][others])
        nearest = others[every.argmin()]
        counted = self._counted(len(away))
        return Reason(
            f"In {counted} of {len(away)} other images the most similar patch is on average "
            f"{away[:counted].mean():.4g} away, in the others {away[counted - 1]:.4g} or more.",
            panels=(Panel("Most similar", as_picture(self.pictures_[nearest])),),
        )

    def state(self) -> dict[str, Array]:
        own: dict[str, Array] = {}
        for number, (reduction, bank) in enumerate(zip(self.reductions, self.banks_, strict=True)):
            for key, array in {**reduction.state(), "bank": bank}.items():
                own[_key(number, key)] = array
        return {
            **own,
            "owners": self.owners_,
            "compared": self.compared_,
            "pictures": self.pictures_,
        }

    def restore(self, arrays: Mapping[str, Array]) -> None:
        self.banks_ = []
        for number, reduction in enumerate(self.reductions):
            own = {key.removeprefix(_key(number, "")): arrays[key] for key in arrays}
            reduction.restore(own)
            self.banks_.append(own["bank"])
        self.owners_ = arrays["owners"]
        self.compared_ = arrays["compared"]
        self.pictures_ = arrays["pictures"]

    def _parts(self, patches: Patches) -> list[Patches]:
        """The descriptions of patches, side by side in them."""
        return np.split(patches, len(self.reductions), axis=1)

    def _counted(self, images: int) -> int:
        """How many of the most similar images count."""
        return max(1, round(self.share * images))

    def _sorted(self, reduced: Sequence[Patches]) -> NDArray[np.float32]:
        """Distances (n, images) of patches to each other image, the lowest first.

        With several descriptions, the mean of their first, of their second distances, and so on.
        """
        parts = [
            np.sort(self._distances(part, bank), axis=1)
            for part, bank in zip(reduced, self.banks_, strict=True)
        ]
        return parts[0] if len(parts) == 1 else np.mean(parts, axis=0, dtype=np.float32)

    def _distances(self, reduced: Patches, bank: Patches) -> NDArray[np.float32]:
        """Distances (n, images) of patches to the nearest patch of each other image."""
        starts = np.searchsorted(self.owners_, np.arange(len(self.compared_)))
        half_squares = np.einsum("md,md->m", bank, bank) / 2
        squares = np.einsum("nd,nd->n", reduced, reduced)
        others = np.arange(len(self.compared_)) != self._left_out
        found = np.empty((len(reduced), int(others.sum())), dtype=np.float32)
        for start in range(0, len(reduced), BLOCK):
            part = slice(start, start + BLOCK)
            likeness = reduced[part] @ bank.T
            likeness -= half_squares
            best = np.maximum.reduceat(likeness, starts, axis=1)[:, others]
            found[part] = np.sqrt((squares[part, None] - 2 * best).clip(0))
        return found


def _key(number: int, key: str) -> str:
    """The name of an array of one description; the first has no number."""
    return f"{number}.{key}" if number else key
