"""Detectors whose model goes with any features: the choice of what describes a patch."""

from typing import Any, Literal

from pydantic import Field

from methods.features.aligned import PositionMeans
from methods.features.filter_bank import FilterBank
from methods.features.network import NetworkParameters, StageNumber
from methods.features.patch_features import PatchFeatures
from methods.features.raw import RawPatches, RawPatchParameters
from methods.parameters import Parameters
from methods.patches.even_border import EvenBorder
from methods.patches.patch_detector import PatchDetector, PatchModel

FeatureKind = Literal["network", "filter bank", "raw patches"]


def feature_field(default: FeatureKind) -> Any:
    """The field that chooses the features, with a default of a detector's own."""
    return Field(
        default,
        title="Features",
        description="How a patch is described: by activations of a pretrained network, by "
        "responses of a filter bank, or by its raw pixels. Patch size and stride "
        "apply to filter bank and raw pixels only, the network parameters to the "
        "network only.",
    )


class _Choice(Parameters):
    """Stands alone so that the choice comes first in a form."""

    features: FeatureKind = feature_field("network")


class FeatureParameters(RawPatchParameters, NetworkParameters, _Choice):
    """The features of a detector, the parameters of each kind of them, and the smoothing."""

    smoothing: float = Field(
        4.0,
        ge=0,
        le=50,
        title="Smoothing",
        description="Standard deviation of the Gaussian smoothing of the score map, in pixels.",
    )

    def unused(self) -> frozenset[str]:
        if self.features == "network":
            return super().unused().union(RawPatchParameters.model_fields)
        return super().unused().union(NetworkParameters.model_fields)

    def patch_features(self) -> PatchFeatures:
        """The features asked for; raises `DetectorError` when they cannot be had."""
        if self.features == "network":
            return self.network_features()
        if self.features == "filter bank":
            return FilterBank(self.window, self.stride)
        return RawPatches(self.window, self.stride)


class PatchModelParameters(FeatureParameters):
    """The features of a model of how normal patches are spread."""

    stages: tuple[StageNumber, ...] = Field(
        (3, 4, 5, 6),
        min_length=1,
        title="Stages",
        description="Network stages whose activations are used, separated by commas. Stage 1 is "
        "the stem. Later stages have a larger field of view and a coarser grid. The "
        "default was chosen by AUROC on test images of eight sets; without stage 6, "
        "score maps are a little sharper.",
    )


class FeatureDetector(PatchDetector):
    """A detector whose features a person chooses."""

    params: FeatureParameters

    def _features(self) -> PatchFeatures:
        return self.params.patch_features()

    def _smoothing(self) -> float:
        return self.params.smoothing

    def _position_means(self) -> PositionMeans | None:
        return PositionMeans(self.params.alignment) if self.params.features == "network" else None

    def _evened(self, model: PatchModel) -> PatchModel:
        """The model, with scores that mean the same near the border where its features differ."""
        border = self._features().border
        return EvenBorder(model, border) if border else model
