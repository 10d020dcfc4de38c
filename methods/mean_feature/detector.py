"""The mean-feature detector: its parameters and its two parts."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from methods.features import backbones
from methods.mean_feature.model import MeanModel
from methods.parameters import Parameters
from methods.patch_detector import PatchDetector, PatchModel
from methods.registry import register

if TYPE_CHECKING:
    from methods.features.network import NetworkFeatures


class MeanFeatureParameters(Parameters):
    backbone: str = Field(
        backbones.DEFAULT,
        title="Network",
        description="The pretrained network: one of " + ", ".join(backbones.names()) + ".",
    )
    stages: str = Field(
        "4,6",
        title="Stages",
        description="Stages of the network whose activations are used, separated by commas. The "
        "stem is 1; later stages see more of the surroundings, on a coarser grid. Stage 4 has "
        "cells of 8 pixels, for small defects, and 6 sees the texture around.",
    )
    positions: Literal["shared", "each"] = Field(
        "shared",
        title="Mean",
        description="One mean shared by all positions, for textures that do not align, or a mean "
        "for each position, for objects that always lie in the same place.",
    )
    standardise: bool = Field(
        True,
        title="Standardise",
        description="Divide every feature by its standard deviation over the normal images.",
    )
    average: bool = Field(
        True, title="Average 3 x 3", description="Average activations over 3 x 3 cells."
    )
    short_side: int = Field(
        0,
        ge=0,
        le=4096,
        title="Short side",
        description="Images are resized, aspect kept, until their short side has that many pixels. "
        "0 uses them as they are up to 768 pixels and halves larger ones, in which the network "
        "sees too little of a texture at once.",
    )
    smoothing: float = Field(
        4.0, ge=0, le=50, title="Smoothing", description="Gaussian over the score map, pixels."
    )

    @model_validator(mode="after")
    def _stages_are_numbers(self) -> Self:
        if not re.fullmatch(r"[1-9]\d?(,[1-9]\d?)*", self.stages):
            raise ValueError(
                f"stages is {self.stages!r}; expected numbers of stages separated by commas, "
                "such as 4,6"
            )
        return self

    def stage_numbers(self) -> tuple[int, ...]:
        """The chosen stages, each once, in rising order."""
        return tuple(sorted({int(number) for number in self.stages.split(",")}))


@register
class MeanFeature(PatchDetector):
    """Distance of a pretrained network's activations to their mean over normal images.

    The preset "paper" is the published form as far as a packaged network goes: a mean for every
    position of one map of 14 x 14 x 192, from images of 448 x 448. It is not the
    default, since positions mean nothing on textures that do not align, and cells of 32 pixels hide
    small defects: 0.896 against 0.931 pixel AUROC on NanoTWICE. The preset "one-stage" gives up
    small cells for the stage that tells textures apart best.
    """

    name = "mean-feature"
    title = "Mean feature"
    summary = (
        "Describes every place of an image by the activations of a network trained on ImageNet "
        "and scores the distance to their mean over normal images. Blind to defects that differ "
        "from the mean no more than the normal variety does."
    )
    reference = (
        "Aburakhia, Tayeh, Myers, Shami, A transfer learning framework for anomaly detection "
        "using model of normality, 2020"
    )
    Params = MeanFeatureParameters
    params: MeanFeatureParameters
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {
            "stages": "7",
            "positions": "each",
            "standardise": False,
            "average": False,
            "short_side": 448,
            "smoothing": 0.0,
        },
        "one-stage": {"stages": "6"},
    }

    def _features(self) -> "NetworkFeatures":
        from methods.features.network import NetworkFeatures

        return NetworkFeatures(
            self.params.backbone,
            self.params.stage_numbers(),
            average=self.params.average,
            short_side=self.params.short_side,
        )

    def _model(self) -> PatchModel:
        features = self._features()
        border = None if self.params.positions == "each" else features.border
        return MeanModel(border, self.params.standardise, features.channel_names())

    def _smoothing(self) -> float:
        return self.params.smoothing
