"""The choice of what describes a patch, for detectors whose model goes with any features."""

from typing import Any, Literal

from pydantic import Field

from methods.features.filter_bank import FilterBank
from methods.features.network import NetworkParameters
from methods.features.patch_features import PatchFeatures
from methods.features.raw import RawPatches, RawPatchParameters
from methods.parameters import Parameters

FeatureKind = Literal["network", "filter bank", "raw patches"]


def feature_field(default: FeatureKind) -> Any:
    """The field that chooses the features, with a default of a detector's own."""
    return Field(
        default,
        title="Features",
        description="What describes a patch: the activations of a pretrained network, the answers "
        "of a bank of filters, or its pixels. The network has parameters of its own below, the "
        "others patch size and stride; those that do not belong count for nothing.",
    )


class _Choice(Parameters):
    """Stands alone so that the choice comes first in a form."""

    features: FeatureKind = feature_field("network")


class FeatureParameters(RawPatchParameters, NetworkParameters, _Choice):
    """The features of a detector and the parameters of each kind of them."""

    def patch_features(self) -> PatchFeatures:
        """The features asked for; raises `DetectorError` when they cannot be had."""
        if self.features == "network":
            return self.network_features()
        if self.features == "filter bank":
            return FilterBank(self.window, self.stride)
        return RawPatches(self.window, self.stride)


class PatchModelParameters(FeatureParameters):
    """The features of a model of how normal patches are spread: three stages by default."""

    stages: str = Field(
        "3,4,5",
        title="Stages",
        description="Stages of the network whose activations are used, separated by commas. The "
        "stem is 1; later stages see more of the surroundings, on a coarser grid. This default was "
        "chosen by AUROC on test images of three sets.",
    )
