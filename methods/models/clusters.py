"""Clusters of normal patches, and the distance to the nearest of them."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from methods.detector import Array, Panel
from methods.features.patch_features import Band
from methods.models.coreset import cluster_centres
from methods.models.moments import Moments
from methods.models.neighbours import LARGEST_SHARE
from methods.models.search import distances, nearest, neighbourhoods
from methods.models.thumbnails import as_picture, thumbnails
from methods.patches.patch_detector import NormalPatches, PatchModel, Reason
from methods.patches.reduction import Reduction
from methods.progress import Progress, span

Entry = Literal["centres", "patches"]


class ClusterModel(PatchModel):
    """Mean distance of a patch to the nearest entries of a dictionary made by k-means.

    With z the reduced patch (see `Reduction`), the centres c_1, ..., c_k of Lloyd's algorithm on a
    sample of normal patches, and N_m(z) the m `neighbours` nearest to z among the k entries,

        score = 1/m sum_{c in N_m(z)} ||z - c||

    (Napoletano et al. 2018). There features are also scaled to a sum of one, and an entry is the
    normal patch nearest to a centre (``"patches"``); here it can be the centre itself
    (``"centres"``). k is at most `LARGEST_SHARE` of the sample. Memory: the sample of `samples`
    patches. Cost: 20 rounds of `samples` k d multiplications to learn, k d a patch, with d
    dimensions.
    """

    def __init__(
        self, reduction: Reduction, clusters: int, entries: Entry, neighbours: int, samples: int
    ) -> None:
        self.reduction = reduction
        self.clusters = clusters
        self.entries: Entry = entries
        self.neighbours = neighbours
        self.samples = samples

    def fit(self, patches: NormalPatches, rng: np.random.Generator, progress: Progress) -> None:
        sample, places = patches.sample_with_places(self.samples, rng, span(progress, 0.0, 0.3))
        self.reduction.fit(Moments.of([sample]), rng)
        reduced = self.reduction(sample)
        count = min(self.clusters, max(1, int(LARGEST_SHARE * len(reduced))))
        centres = cluster_centres(reduced, count, rng, span(progress, 0.3, 0.9))
        typical = nearest(centres, reduced)
        self.dictionary_ = reduced[typical] if self.entries == "patches" else centres
        self.pictures_ = thumbnails(patches, places[typical], span(progress, 0.9, 1.0))

    def score(self, band: Band) -> NDArray[np.float32]:
        reduced = self.reduction(band.patches)
        if self.neighbours == 1:
            return distances(reduced, self.dictionary_[nearest(reduced, self.dictionary_)])
        found = neighbourhoods(reduced, self.dictionary_, self.neighbours)
        away = [distances(reduced, self.dictionary_[column]) for column in found.T]
        return np.mean(away, axis=0, dtype=np.float32)

    def reason(self, band: Band) -> Reason:
        reduced = self.reduction(band.patches)
        closest = nearest(reduced, self.dictionary_)[0]
        count = min(self.neighbours, len(self.dictionary_))
        which = "nearest cluster" if count == 1 else f"{count} nearest clusters"
        return Reason(
            f"The distance to the {which} of {len(self.dictionary_)} is "
            f"{float(self.score(band)[0]):.4g}{' on average' if count > 1 else ''}.",
            panels=(Panel("Nearest cluster", as_picture(self.pictures_[closest])),),
        )

    def state(self) -> dict[str, Array]:
        return {
            **self.reduction.state(),
            "dictionary": self.dictionary_,
            "pictures": self.pictures_,
        }

    def restore(self, arrays: Mapping[str, Array]) -> None:
        self.reduction.restore(arrays)
        self.dictionary_ = arrays["dictionary"]
        self.pictures_ = arrays["pictures"]
