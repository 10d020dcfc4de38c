"""Distance of a patch from the subspace in which normal patches lie."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from methods.detector import Array
from methods.effort import FREE
from methods.features.choice import FeatureDetector, PatchModelParameters
from methods.features.patch_features import Band, Patches
from methods.measured import Measured
from methods.models.moments import Moments, deviations
from methods.patches.patch_detector import NormalPatches, PatchModel, Reason
from methods.patches.reduction import components_for
from methods.progress import Progress, span
from methods.registry import register
from methods.search import one_of, within

EPSILON = 1e-6
"""Added to a variance before a patch is divided by its root."""


class SubspaceModel(PatchModel):
    """Principal components of normal patches; the score is the squared norm of what they miss.

    With mean m and the leading eigenvectors U of the patches' covariance,

        score(s) = ||(s - m) - U U^T (s - m)||^2

    Mean and covariance are accumulated in one pass, so that memory does not grow with the images.
    Components are taken until they hold `variance` of the total variance. With `standardise` every
    feature is first divided by its standard deviation. With `parts`, the numbers of features in
    the parts of a patch, each part is first normalised as transformers do (Ba et al., Layer
    normalization, 2016): less its mean, over its standard deviation, both over its own features.
    No numbers stand for one part.
    """

    def __init__(
        self, variance: float, standardise: bool = False, parts: Sequence[int] | None = None
    ) -> None:
        self.variance = variance
        self.standardise = standardise
        self.parts = parts

    def fit(self, patches: NormalPatches, rng: np.random.Generator, progress: Progress) -> None:
        bands = patches.bands(span(progress, 0.0, 0.95))
        moments = Moments.of(self._normalised(band.patches) for band in bands)
        spread = deviations(moments.covariance) if self.standardise else np.ones_like(moments.mean)
        values, vectors = np.linalg.eigh(moments.covariance / np.outer(spread, spread))
        kept = components_for(values[::-1], self.variance)
        self.spread_ = spread.astype(np.float32)
        self.mean_: Patches = moments.mean.astype(np.float32)
        self.components_: Array = vectors[:, ::-1][:, :kept].T.astype(np.float32, order="C")

    def score(self, band: Band) -> NDArray[np.float32]:
        patches = self._normalised(band.patches)
        residual = (patches - self._project(patches)) / self.spread_
        return np.einsum("nd,nd->n", residual, residual)

    def reason(self, band: Band) -> Reason:
        expected = self._project(self._normalised(band.patches))[0]
        missed = float(self.score(band)[0])
        return Reason(
            f"{len(self.components_)} principal components of normal patches leave a squared "
            f"residual of {missed:.4g} here.",
            expected if self.parts is None else None,
        )

    def state(self) -> dict[str, Array]:
        return {"mean": self.mean_, "spread": self.spread_, "components": self.components_}

    def restore(self, arrays: Mapping[str, Array]) -> None:
        self.mean_ = arrays["mean"]
        self.spread_ = arrays["spread"]
        self.components_ = arrays["components"]

    def _normalised(self, patches: Patches) -> Patches:
        if self.parts is None:
            return patches
        ends = np.cumsum(self.parts)[:-1]
        return np.concatenate([_normalised(part) for part in np.split(patches, ends, axis=1)], 1)

    def _project(self, patches: Patches) -> Patches:
        standardised = (patches - self.mean_) / self.spread_
        return self.mean_ + standardised @ self.components_.T @ self.components_ * self.spread_


def _normalised(part: Patches) -> Patches:
    """Every row less its mean, over its standard deviation; nearly zero where its values agree."""
    centred = part - part.mean(axis=1, keepdims=True)
    return centred / np.sqrt(np.square(centred).mean(axis=1, keepdims=True) + EPSILON)


class PcaParameters(PatchModelParameters):
    normalise: bool = Field(
        False,
        title="Normalise patches",
        description="Bring the features of each patch, of each stage on its own, to mean 0 and "
        "variance 1, as transformers do between their layers. Only their proportions then matter.",
        json_schema_extra=FREE,
    )
    standardise: bool = Field(
        True,
        title="Standardise",
        description="Divide each feature by its standard deviation over the normal patches, "
        "because the activations of a network have different scales.",
        json_schema_extra=one_of(True, False) | FREE,
    )
    variance: float = Field(
        0.95,
        gt=0,
        lt=1,
        title="Variance kept",
        description="Proportion of the variance of normal patches explained by the components. "
        "With too many components, defects are reconstructed too.",
        json_schema_extra=within(0.5, 0.99) | FREE,
    )


@register
class PcaResidual(FeatureDetector):
    """Residual of patches, of pixels or of a network's activations, outside their subspace.

    The preset "subspace" is the method that Lendering, Akdag and Bondarev (Training-free few-shot
    anomaly detection via subspace modeling, CVPR 2026) use on the tokens of a vision transformer:
    no feature is standardised. Here the tokens are normalised first, which lets it go with the
    stages of any network.
    """

    name = "pca-residual"
    title = "PCA residual"
    summary = (
        "Describes each position of an image by several stages of a pretrained network and "
        "projects the features on the principal components of normal patches. The score is the "
        "residual. It misses defects inside the subspace of the normal patches, such as smooth "
        "blobs with raw pixels."
    )
    choose = "You need a quick method with few parameters."
    measured = Measured(0.981, 0.991, 3.6, 0.57, fixed=0.05, features=0.65)
    reference = "Jackson and Mudholkar, Control procedures for residuals, Technometrics 1979"
    cost = (
        "Training on 5 images of 1024 x 700 pixels takes 3.6 s, inference 0.57 s per image, "
        "on two cores."
    )
    Params = PcaParameters
    params: PcaParameters
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "raw patches": {"features": "raw patches", "standardise": False, "smoothing": 2.0},
        "subspace": {"normalise": True, "standardise": False},
    }

    def _model(self) -> PatchModel:
        parts = self._features().parts if self.params.normalise else None
        return self._evened(SubspaceModel(self.params.variance, self.params.standardise, parts))
