"""Distance of a patch from the subspace in which normal patches lie."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from methods.detector import Array
from methods.features.patch_features import Band, Patches, PatchFeatures
from methods.features.raw import RawPatches, RawPatchParameters
from methods.moments import Moments
from methods.patch_detector import NormalPatches, PatchDetector, PatchModel, Reason
from methods.progress import Progress, span
from methods.registry import register


class SubspaceModel(PatchModel):
    """Principal components of normal patches; the score is the squared norm of what they miss.

    With mean m and the leading eigenvectors U of the patches' covariance,

        score(s) = ||(s - m) - U U^T (s - m)||^2

    Mean and covariance are accumulated in one pass, so that memory does not grow with the images.
    Components are taken until they hold `variance` of the total variance.
    """

    def __init__(self, variance: float) -> None:
        self.variance = variance

    def fit(self, patches: NormalPatches, rng: np.random.Generator, progress: Progress) -> None:
        moments = Moments()
        for band in patches.bands(span(progress, 0.0, 0.95)):
            moments.add(band.patches)
        values, vectors = np.linalg.eigh(moments.covariance)
        share = np.cumsum(values[::-1].clip(0)) / max(values.clip(0).sum(), np.finfo(float).tiny)
        kept = min(int(np.searchsorted(share, self.variance)) + 1, len(values))
        self.mean_: Patches = moments.mean.astype(np.float32)
        self.components_: Patches = vectors[:, ::-1][:, :kept].T.astype(np.float32)

    def score(self, band: Band) -> NDArray[np.float32]:
        residual = band.patches - self._project(band.patches)
        return np.einsum("nd,nd->n", residual, residual)

    def reason(self, band: Band) -> Reason:
        expected = self._project(band.patches)[0]
        missed = float(self.score(band)[0])
        return Reason(
            f"{len(self.components_)} components of normal patches leave a squared residual of "
            f"{missed:.4g} here.",
            expected,
        )

    def state(self) -> dict[str, Array]:
        return {"mean": self.mean_, "components": self.components_}

    def restore(self, arrays: Mapping[str, Array]) -> None:
        self.mean_ = arrays["mean"]
        self.components_ = arrays["components"]

    def _project(self, patches: Patches) -> Patches:
        return self.mean_ + (patches - self.mean_) @ self.components_.T @ self.components_


class PcaParameters(RawPatchParameters):
    variance: float = Field(
        0.95,
        gt=0,
        lt=1,
        title="Variance kept",
        description="Share of the normal patches' variance that the components hold. More "
        "components reconstruct defects too.",
    )
    smoothing: float = Field(
        2.0, ge=0, le=50, title="Smoothing", description="Gaussian over the score map, pixels."
    )


@register
class PcaResidual(PatchDetector):
    """Residual of raw patches outside their principal subspace."""

    name = "pca-residual"
    title = "PCA residual"
    summary = (
        "Projects each patch on the principal components of normal patches and scores what is "
        "left. Blind to defects made of the same low frequencies as the normal texture, such as "
        "smooth blobs."
    )
    reference = "Jackson and Mudholkar, Control procedures for residuals, Technometrics 1979"
    Params = PcaParameters
    params: PcaParameters

    def _features(self) -> PatchFeatures:
        return RawPatches(self.params.window, self.params.stride)

    def _model(self) -> PatchModel:
        return SubspaceModel(self.params.variance)

    def _smoothing(self) -> float:
        return self.params.smoothing
