"""The padim detector: its parameters and its two parts."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from methods.effort import FREE
from methods.features.aligned import PositionMeans
from methods.features.choice import (
    CopiesParameters,
    FeatureDetector,
    PatchModelParameters,
    TrimParameters,
)
from methods.measured import Measured
from methods.models.gaussian import GaussianAtEachPosition, SharedGaussian
from methods.patches.patch_detector import PatchModel
from methods.patches.reduction import Reduction, ReductionParameters
from methods.registry import register
from methods.search import within


class PadimParameters(CopiesParameters, TrimParameters, ReductionParameters, PatchModelParameters):
    positions: Literal["shared", "each"] = Field(
        "shared",
        title="Gaussian",
        description="One Gaussian for all positions (textures, images that are not aligned), or "
        "one per position (objects that are always in the same place). The latter "
        "takes 4 x dimensions x dimensions bytes per grid cell.",
        json_schema_extra=FREE,
    )
    shrinkage: float = Field(
        0.01,
        gt=0,
        le=10,
        title="Shrinkage",
        description="Added to the diagonal of the covariance of standardised features. Use "
        "larger values with few images and a Gaussian per position.",
        json_schema_extra=within(0.001, 1, log=True) | FREE,
    )

    def unused(self) -> frozenset[str]:
        return super().unused().union(["alignment", "copies"] if self.positions == "each" else [])


@register
class Padim(FeatureDetector):
    """Mahalanobis distance of a patch to Gaussians of normal patches."""

    name = "padim"
    title = "PaDiM"
    summary = (
        "Describes each position of an image by several stages of a pretrained network. The "
        "score is the Mahalanobis distance to a Gaussian of normal patches, one for all "
        "positions or one per position. It misses defects that lie between two kinds of normal "
        "patches."
    )
    choose = "The first choice for most images."
    measured = Measured(0.984, 0.993, 4.0, 0.55, fixed=0.05, features=0.7)
    reference = (
        "Defard, Setkov, Loesch and Audigier, PaDiM: a patch distribution modeling framework for "
        "anomaly detection and localization, ICPR workshops 2021"
    )
    cost = (
        "Training on 5 images of 1024 x 700 pixels takes 4.0 s, inference 0.55 s per image, "
        "on two cores."
    )
    Params = PadimParameters
    params: PadimParameters
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "aligned": {"positions": "each", "reduction": "random"},
    }

    def _position_means(self) -> PositionMeans | None:
        return None if self.params.positions == "each" else super()._position_means()

    def _model(self) -> PatchModel:
        reduction = Reduction(self.params.reduction, self.params.dimensions)
        if self.params.positions == "each":
            return GaussianAtEachPosition(reduction, self.params.shrinkage)
        shared = SharedGaussian(reduction, self.params.shrinkage)
        return self._evened(shared)
