"""Detectors whose model goes with any features: the choice of what describes a patch."""

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from methods.features import registry
from methods.features.aligned import PositionMeans
from methods.features.network import StageNumber
from methods.features.patch_features import PatchFeatures
from methods.parameters import Parameters
from methods.patches.even_border import EvenBorder
from methods.patches.patch_detector import PatchDetector, PatchModel

if TYPE_CHECKING:
    FeatureName = str
else:
    FeatureName = Literal[registry.names()]


def feature_field(default: FeatureName) -> Any:
    """The field that chooses the features, with a default of a detector's own."""
    summaries = [kind.summary for kind in registry.KINDS.entries()]
    return Field(
        default,
        title="Features",
        description=f"How a patch is described: {', '.join(summaries[:-1])}, or {summaries[-1]}. "
        "The network has its own parameters; patch size and stride apply to the others only.",
    )


class _Choice(Parameters):
    """Stands alone so that the choice comes first in a form."""

    features: FeatureName = feature_field("network")


if TYPE_CHECKING:
    _Joined = _Choice
else:
    _Joined = type("_Joined", (*registry.joined_parameters(), _Choice), {"__module__": __name__})
    registry.KINDS.close("register it before the first detector is imported, or as a plug-in")


class FeatureParameters(_Joined):
    """The features of a detector, the parameters of each kind of them, and the smoothing.

    The kinds are those that are registered when this module is imported.
    """

    smoothing: float = Field(
        4.0,
        ge=0,
        le=50,
        title="Smoothing",
        description="Standard deviation of the Gaussian smoothing of the score map, in pixels.",
    )

    def unused(self) -> frozenset[str]:
        used = self.kind.Params.model_fields
        others = (kind.Params.model_fields for kind in registry.KINDS.entries())
        return super().unused() | frozenset().union(*others).difference(used)

    @property
    def kind(self) -> registry.FeatureKind:
        """The kind of features asked for."""
        return registry.get(self.features)

    def patch_features(self) -> PatchFeatures:
        """The features asked for; raises `DetectorError` when they cannot be had."""
        return self.kind.features(self)


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
        return self.params.kind.position_means(self.params)

    def _evened(self, model: PatchModel, images: int | None = None) -> PatchModel:
        """The model, with scores that mean the same near the border where its features differ.

        `images` is the number of images that are scored for that; None for all.
        """
        border = self._features().border
        return EvenBorder(model, border, images) if border else model
