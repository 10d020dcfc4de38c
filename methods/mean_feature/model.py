"""The model of normality: the mean of normal patches."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from methods.detector import Array, DetectorError
from methods.features.patch_features import Band
from methods.patch_detector import NormalPatches, PatchModel, Reason
from methods.progress import Progress


class MeanModel(PatchModel):
    """Euclidean distance to the mean of normal patches.

    With T(A_i) the features of normal image i, the model of normality is their mean at every
    position p (Aburakhia et al. 2020, Eq. 1), and the score the distance to it (Eq. 2):

        MoN(p) = 1/N sum_i T(A_i)(p)
        score(p) = || T(B)(p) - MoN(p) ||

    For textures that do not align, `everywhere` takes one mean over all positions instead. With
    `standardise` every feature is first divided by its standard deviation over all normal patches.
    Sums are accumulated in one pass, so memory does not grow with the number of images.
    """

    def __init__(self, everywhere: bool, standardise: bool) -> None:
        self.everywhere = everywhere
        self.standardise = standardise

    def fit(self, patches: NormalPatches, rng: np.random.Generator, progress: Progress) -> None:
        sums: NDArray[np.float64] | None = None
        images = 0
        for band in patches.bands(progress):
            if sums is None:
                grid = band.grid.shape
                cells, features = grid[0] * grid[1], band.patches.shape[1]
                shift = band.patches.mean(axis=0, dtype=np.float64)
                sums = np.zeros((1 if self.everywhere else cells, features))
                total, squares, count = np.zeros(features), np.zeros(features), 0
            elif not self.everywhere and band.grid.shape != grid:
                raise DetectorError(
                    "A mean for every position needs normal images of one size; choose one mean "
                    "for all positions instead."
                )
            images += band.first == 0
            centred = band.patches - shift
            total += centred.sum(axis=0)
            squares += (centred**2).sum(axis=0)
            count += len(centred)
            if self.everywhere:
                sums[0] += centred.sum(axis=0)
            else:
                sums[band.cells] += centred
        assert sums is not None
        self.mean_ = (shift + sums / (count if self.everywhere else images)).astype(np.float32)
        deviation = np.sqrt((squares / count - (total / count) ** 2).clip(0))
        self.deviation_ = deviation.clip(np.finfo(np.float32).tiny).astype(np.float32)

    def score(self, band: Band) -> NDArray[np.float32]:
        differences = self._differences(band)
        return np.sqrt(np.einsum("nd,nd->n", differences, differences))

    def reason(self, band: Band) -> Reason:
        differences = self._differences(band)[0]
        most = np.argsort(-np.abs(differences))[:5]
        return Reason(
            f"The features are {np.linalg.norm(differences):.4g} away from their normal mean.",
            figures={f"feature {index}": float(differences[index]) for index in most},
        )

    def state(self) -> dict[str, Array]:
        return {"mean": self.mean_, "deviation": self.deviation_}

    def restore(self, arrays: Mapping[str, Array]) -> None:
        self.mean_ = arrays["mean"]
        self.deviation_ = arrays["deviation"]

    def _differences(self, band: Band) -> NDArray[np.float32]:
        if self.everywhere:
            expected = self.mean_
        else:
            if len(self.mean_) != band.grid.shape[0] * band.grid.shape[1]:
                raise DetectorError(
                    f"This image of {band.grid.width} x {band.grid.height} pixels has another size "
                    "than the normal images, and the model holds a mean for every position."
                )
            expected = self.mean_[band.cells]
        differences = band.patches - expected
        return differences / self.deviation_ if self.standardise else differences
