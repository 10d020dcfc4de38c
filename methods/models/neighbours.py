"""Normal patches that are remembered, and the distance to the nearest of them."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from methods.detector import Array, Panel
from methods.features.patch_features import Band
from methods.models.coreset import greedy_coreset
from methods.models.moments import Moments
from methods.models.search import distances, nearest, neighbourhoods
from methods.models.thumbnails import SIDE, as_picture, thumbnails
from methods.patches.patch_detector import NormalPatches, PatchModel, Reason
from methods.patches.reduction import Reduction
from methods.progress import Progress, span

Memory = Literal["sample", "coreset"]

POOL = 40_000
"""Normal patches, drawn evenly from all images, among which the remembered ones are chosen."""

LARGEST_SHARE = 0.25
"""Of the sample that is remembered, so that distances of normal patches can be told from the rest;
the largest share in the paper."""


class MemoryBank(PatchModel):
    """Distance of a patch to the nearest stored normal patch, in standardised features.

    With z the reduced patch (see `Reduction`) and M the remembered ones (Roth et al. 2022, Eq. 5
    and 6),

        m* = argmin_{m in M} ||z - m||,    s* = ||z - m*||.

    With b `neighbours` above 1 the score is weighted as in their Eq. 7, N_b(m*) being the b vectors
    of M nearest to m*, itself among them,

        score = ( 1 - exp s* / sum_{m in N_b(m*)} exp ||z - m|| ) s*,

    which lifts patches whose nearest neighbour is rare itself. There it is done for the patch with
    the highest s* alone and gives the score of the image; here for every patch, so that the highest
    score of a map, which is what an image scores by, is weighted too.

    M is drawn at random from a sample of all normal patches, or is a greedy coreset of it, but
    never more than `LARGEST_SHARE` of the sample.
    Memory: `budget` MB, pictures included, and the sample of `POOL` patches. Cost: a pass over the
    normal patches, the coreset, and |M| k multiplications a patch.
    """

    def __init__(
        self, reduction: Reduction, memory: Memory, budget: float, neighbours: int
    ) -> None:
        self.reduction = reduction
        self.memory = memory
        self.budget = budget
        self.neighbours = neighbours

    def fit(self, patches: NormalPatches, rng: np.random.Generator, progress: Progress) -> None:
        pool, places = patches.sample_with_places(POOL, rng, span(progress, 0.0, 0.4))
        self.reduction.fit(Moments.of([pool]), rng)
        reduced = self.reduction(pool)
        count = min(self._affordable(), max(1, int(LARGEST_SHARE * len(reduced))))
        progress(0.4, self._plan(count, len(reduced)))
        choosing = span(progress, 0.4, 0.9)
        chosen = (
            greedy_coreset(reduced, count, rng, choosing)
            if self.memory == "coreset"
            else rng.choice(len(reduced), count, replace=False)
        )
        self.bank_ = reduced[chosen]
        self._learn_neighbours()
        self.pictures_ = thumbnails(patches, places[chosen], span(progress, 0.9, 1.0))

    def score(self, band: Band) -> NDArray[np.float32]:
        reduced = self.reduction(band.patches)
        found = nearest(reduced, self.bank_)
        closest = distances(reduced, self.bank_[found])
        if self.neighbours <= 1:
            return closest
        # Relative to exp s*, so that large distances do not overflow; the share of m* itself is 1.
        total = np.zeros_like(closest)
        for column in self.neighbours_.T:
            away = distances(reduced, self.bank_[column[found]])
            total += np.exp((away - closest).clip(max=80))
        return closest - closest / total.clip(1)

    def reason(self, band: Band) -> Reason:
        reduced = self.reduction(band.patches)
        found = nearest(reduced, self.bank_)
        away = float(distances(reduced, self.bank_[found])[0])
        return Reason(
            f"The nearest stored normal patch of {len(self.bank_)} is {away:.4g} standard "
            "deviations of the features away.",
            panels=(Panel("Nearest normal", as_picture(self.pictures_[found[0]])),),
        )

    def state(self) -> dict[str, Array]:
        return {**self.reduction.state(), "bank": self.bank_, "pictures": self.pictures_}

    def restore(self, arrays: Mapping[str, Array]) -> None:
        self.reduction.restore(arrays)
        self.bank_ = arrays["bank"]
        self.pictures_ = arrays["pictures"]
        self._learn_neighbours()

    def _learn_neighbours(self) -> None:
        if self.neighbours > 1:
            self.neighbours_ = neighbourhoods(self.bank_, self.bank_, self.neighbours)

    def _affordable(self) -> int:
        """Patches that may be remembered."""
        return max(1, int(self.budget * 2**20 / self._bytes_each()))

    def _bytes_each(self) -> int:
        return 4 * self.reduction.length + SIDE**2

    def _plan(self, count: int, of: int) -> str:
        megabytes = count * self._bytes_each() / 2**20
        return f"choosing {count} of {of} normal patches to store, {megabytes:.1f} MB"
