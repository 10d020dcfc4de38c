"""The mean-feature detector: its parameters and its two parts."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from methods.effort import FREE
from methods.features.aligned import PositionMeans
from methods.features.network import NetworkFeatures, NetworkParameters
from methods.measured import Measured
from methods.models.mean import MeanModel
from methods.parameters import smoothing_field
from methods.patches.patch_detector import PatchDetector, PatchModel
from methods.registry import register
from methods.search import one_of


class MeanFeatureParameters(NetworkParameters):
    positions: Literal["shared", "each"] = Field(
        "shared",
        title="Mean",
        description="One mean for all positions (textures, images that are not aligned), or one "
        "mean per position (objects that are always in the same place).",
        json_schema_extra=FREE,
    )
    standardise: bool = Field(
        True,
        title="Standardise",
        description="Divide each feature by its standard deviation over the normal images.",
        json_schema_extra=one_of(True, False) | FREE,
    )
    smoothing: float = smoothing_field(4.0)

    def unused(self) -> frozenset[str]:
        return super().unused().union(["alignment"] if self.positions == "each" else [])


@register
class MeanFeature(PatchDetector):
    """Distance of a pretrained network's activations to their mean over normal images.

    The preset "paper" is the published form as far as a packaged network goes: a mean for every
    position of one map of 14 x 14 x 192, from images of 448 x 448. It is not the
    default, since positions mean nothing on textures that do not align, and cells of 32 pixels hide
    small defects: 0.896 against 0.952 pixel AUROC on NanoTWICE. The preset "one-stage" gives up
    small cells for the stage that tells textures apart best.
    """

    name = "mean-feature"
    title = "Mean feature"
    summary = (
        "Describes each position of an image by the activations of a network trained on "
        "ImageNet. The score is the distance to their mean over normal images. It misses defects "
        "that are within the variation of normal images."
    )
    choose = "You need the quickest method, or its six published thresholds."
    measured = Measured(0.952, 0.959, 2.5, 0.43, fixed=0.05, features=0.7)
    reference = (
        "Aburakhia, Tayeh, Myers, Shami, A transfer learning framework for anomaly detection "
        "using model of normality, 2020"
    )
    cost = (
        "Training on 5 images of 1024 x 700 pixels takes 2.5 s, inference 0.43 s per image, "
        "on two cores."
    )
    Params = MeanFeatureParameters
    params: MeanFeatureParameters
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {
            "stages": (7,),
            "positions": "each",
            "standardise": False,
            "average": False,
            "short_side": 448,
            "smoothing": 0.0,
        },
        "one-stage": {"stages": (6,)},
    }

    def _position_means(self) -> PositionMeans | None:
        return None if self.params.positions == "each" else PositionMeans(self.params.alignment)

    def _features(self) -> NetworkFeatures:
        return self.params.network_features()

    def _model(self) -> PatchModel:
        features = self._features()
        border = None if self.params.positions == "each" else features.border
        return MeanModel(border, self.params.standardise, features.channel_names())

    def _smoothing(self) -> float:
        return self.params.smoothing
