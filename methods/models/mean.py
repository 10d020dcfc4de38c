"""The model of normality: the mean of normal patches."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from images.words import percent
from methods.detector import Array
from methods.features.patch_features import Band, Patches
from methods.patches.patch_detector import NormalPatches, PatchModel, Reason
from methods.patches.standardisation import Standardisation
from methods.progress import Progress

NAMED = 5
"""Features that an explanation names."""


class MeanModel(PatchModel):
    """Euclidean distance to the mean of normal patches.

    With T(A_i) the features of normal image i, the model of normality is their mean at every
    position p, and the score the distance to it (Aburakhia et al. 2020, Eq. 1 and 2):

        MoN(p) = 1/N sum_i T(A_i)(p)
        score(p) = || T(B)(p) - MoN(p) ||

    `border` = None is that; with a number positions share one mean, save the cells next to the
    border (see `Standardisation`). With `standardise` differences count in standard deviations.
    `channels` names the features.
    """

    def __init__(self, border: int | None, standardise: bool, channels: Sequence[str]) -> None:
        self.normal = Standardisation(border)
        self.standardise = standardise
        self.channels = channels

    def fit(self, patches: NormalPatches, rng: np.random.Generator, progress: Progress) -> None:
        self.normal.fit(patches.bands(progress))

    def score(self, band: Band) -> NDArray[np.float32]:
        differences = self._differences(band)
        return np.sqrt(np.einsum("nd,nd->n", differences, differences))

    def reason(self, band: Band) -> Reason:
        differences = self._differences(band)[0]
        most = np.argsort(-np.abs(differences))[:NAMED]
        distance = float(np.linalg.norm(differences))
        unit = " standard deviations" if self.standardise else ""
        share = float((differences[most] ** 2).sum()) / max(distance**2, np.finfo(float).tiny)
        return Reason(
            f"The features are {distance:.4g}{unit} from their normal mean; the {len(most)} most "
            f"different ones account for {percent(share)} of the squared distance.",
            quantities={self.channels[index]: float(differences[index]) for index in most},
        )

    def state(self) -> dict[str, Array]:
        return self.normal.state()

    def restore(self, arrays: Mapping[str, Array]) -> None:
        self.normal.restore(arrays)

    def _differences(self, band: Band) -> Patches:
        if self.standardise:
            return self.normal.standardised(band)
        return self.normal.differences(band)
