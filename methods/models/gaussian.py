"""Gaussians of normal patches and the Mahalanobis distance to them."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from methods.detector import Array, DetectorError
from methods.features.patch_features import Band, Patches
from methods.models.moments import Moments
from methods.models.projected import Projection
from methods.patches.patch_detector import NormalPatches, PatchModel, Reason
from methods.patches.reduction import Reduction
from methods.progress import Progress, span

BLOCK = 256
"""Positions whose covariances are inverted at once."""


def whitening(covariance: NDArray[np.float64], shrinkage: float) -> NDArray[np.float32]:
    """W with W W^T = (covariance + shrinkage I)^-1, for one matrix or a stack of them.

    Then ||z W|| is the Mahalanobis distance of a row z from zero.
    """
    ridge = shrinkage * np.eye(covariance.shape[-1])
    factor = np.linalg.inv(np.linalg.cholesky(covariance + ridge))
    return np.swapaxes(factor, -1, -2).astype(np.float32, order="C")


class SharedGaussian(PatchModel):
    """One Gaussian of normal patches for all positions.

    With z the reduced patch (see `Reduction`), S the covariance of normal ones and e the shrinkage,

        score = sqrt( z^T (S + e I)^-1 z ),

    the Mahalanobis distance of Defard et al. 2021 (Eq. 1 and 2) without the positions. Cost: one
    pass over the normal patches; see `Projection` for that of a patch.
    """

    def __init__(self, reduction: Reduction, shrinkage: float) -> None:
        self.reduction = reduction
        self.shrinkage = shrinkage

    def fit(self, patches: NormalPatches, rng: np.random.Generator, progress: Progress) -> None:
        moments = Moments.of(band.patches for band in patches.bands(progress))
        self.reduction.fit(moments, rng)
        self.whitening_ = whitening(self.reduction.covariance(moments), self.shrinkage)
        self._project()

    def score(self, band: Band) -> NDArray[np.float32]:
        return self._projection.lengths(band.patches)

    def reason(self, band: Band) -> Reason:
        return _reason(float(self.score(band)[0]), len(self.whitening_), "all positions")

    def state(self) -> dict[str, Array]:
        return {**self.reduction.state(), "whitening": self.whitening_}

    def restore(self, arrays: Mapping[str, Array]) -> None:
        self.reduction.restore(arrays)
        self.whitening_ = arrays["whitening"]
        self._project()

    def _project(self) -> None:
        joined = self.reduction.basis_ @ self.whitening_
        self._projection = Projection(self.reduction.mean_, joined)


class GaussianAtEachPosition(PatchModel):
    """A Gaussian of the normal patches at every position of the grid.

    With z_i the reduced patches (see `Reduction`) of N normal images at one position, m their mean
    and e the shrinkage (Defard et al. 2021, Eq. 1 and 2),

        S = 1 / (N - 1) sum_i (z_i - m) (z_i - m)^T + e I,
        score = sqrt( (z - m)^T S^-1 (z - m) ).

    Sums are gathered image by image: memory holds k^2 numbers for each position, whatever the
    number of images, which all have one size. Cost: two passes over the normal patches.
    """

    def __init__(self, reduction: Reduction, shrinkage: float) -> None:
        self.reduction = reduction
        self.shrinkage = shrinkage

    def fit(self, patches: NormalPatches, rng: np.random.Generator, progress: Progress) -> None:
        bands = patches.bands(span(progress, 0.0, 0.4))
        moments = Moments.of(band.patches for band in bands)
        self.reduction.fit(moments, rng)
        self._gather(patches, span(progress, 0.4, 0.8))
        self._invert(span(progress, 0.8, 1.0))

    def score(self, band: Band) -> NDArray[np.float32]:
        self._check_size(band)
        differences = self.reduction(band.patches) - self.mean_[band.cells]
        return _norms(np.matmul(differences[:, None], self.whitening_[band.cells])[:, 0])

    def reason(self, band: Band) -> Reason:
        return _reason(float(self.score(band)[0]), self.mean_.shape[1], "this position")

    def state(self) -> dict[str, Array]:
        return {
            **self.reduction.state(),
            "shape": self.shape_,
            "mean": self.mean_,
            "whitening": self.whitening_,
        }

    def restore(self, arrays: Mapping[str, Array]) -> None:
        self.reduction.restore(arrays)
        self.shape_ = arrays["shape"]
        self.mean_ = arrays["mean"]
        self.whitening_ = arrays["whitening"]

    def _gather(self, patches: NormalPatches, progress: Progress) -> None:
        """Counts, means and products of differences from the mean, image by image (Welford)."""
        counts: NDArray[np.int64] | None = None
        for band in patches.bands(progress):
            if counts is None:
                cells, length = band.grid.shape[0] * band.grid.shape[1], self.reduction.length
                self.shape_ = np.array(band.grid.shape)
                counts = np.zeros(cells, dtype=np.int64)
                self.mean_ = np.zeros((cells, length), dtype=np.float32)
                products = np.zeros((cells, length, length), dtype=np.float32)
            self._check_size(band)
            reduced = self.reduction(band.patches)
            counts[band.cells] += 1
            before = reduced - self.mean_[band.cells]
            self.mean_[band.cells] += before / counts[band.cells, None]
            after = reduced - self.mean_[band.cells]
            for cell, first, second in zip(products[band.cells], before, after, strict=True):
                cell += np.outer(first, second)
        assert counts is not None
        products /= (counts[:, None, None] - 1).clip(1)
        self.whitening_ = products

    def _invert(self, progress: Progress) -> None:
        """Replace the covariances by what whitens them, in place."""
        for start in range(0, len(self.whitening_), BLOCK):
            block = self.whitening_[start : start + BLOCK]
            block[:] = whitening(block.astype(np.float64), self.shrinkage)
            progress((start + len(block)) / len(self.whitening_))

    def _check_size(self, band: Band) -> None:
        if band.grid.shape != tuple(self.shape_):
            raise DetectorError(
                f"An image of {band.grid.width} x {band.grid.height} pixels differs in size from "
                "the first normal image; a Gaussian per position needs images of the same size."
            )


def _norms(rows: Patches) -> NDArray[np.float32]:
    return np.sqrt(np.square(rows).sum(axis=1))


def _reason(distance: float, features: int, where: str) -> Reason:
    return Reason(
        f"{features} features are {distance:.4g} standard deviations from their mean over normal "
        f"patches at {where}; normal patches are about {features**0.5:.3g} away."
    )
