"""The handcrafted detector: responses of fixed filters and a model of normal ones."""

from typing import Literal, Self

from pydantic import Field, model_validator

from methods.effort import FREE, takes
from methods.features.filter_bank import FilterBank
from methods.measured import Measured
from methods.models.gaussian import SharedGaussian
from methods.models.neighbours import MemoryBank
from methods.parameters import Parameters, smoothing_field
from methods.patches.even_border import EvenBorder
from methods.patches.patch_detector import PatchDetector, PatchModel
from methods.patches.reduction import Reduction
from methods.registry import register
from methods.search import one_of, within

LENGTH = 22
"""Numbers that describe a window; all of them are kept."""
BUDGET = 2.0
"""Megabytes of normal windows that the nearest neighbour is searched in, some 3,000."""
EVENED = 20
"""Images whose scores show what is usual near the border of an image."""


class HandcraftedParameters(Parameters):
    window: int = Field(
        40,
        ge=3,
        le=128,
        title="Window",
        description="Side length of the windows over which filter responses are averaged, in "
        "pixels. A window should hold at least one element of the texture. 40 ranked pixels better "
        "than 24 on four of five sets.",
        json_schema_extra=within(12, 64) | FREE,
    )
    stride: int = Field(
        4,
        ge=1,
        le=128,
        title="Stride",
        description="Distance between windows in pixels, at most the window.",
        json_schema_extra=takes(inference=-2, of_inference=0.5),
    )
    model: Literal["gaussian", "nearest neighbour"] = Field(
        "nearest neighbour",
        title="Model",
        description="What normal windows are compared with: one Gaussian, or the nearest of many "
        "stored windows.",
        json_schema_extra=one_of("gaussian", "nearest neighbour"),
    )
    shrinkage: float = Field(
        0.01,
        gt=0,
        le=10,
        title="Shrinkage",
        description="Added to the diagonal of the covariance of standardised features.",
        json_schema_extra=within(0.001, 1, log=True) | FREE,
    )
    smoothing: float = smoothing_field(4.0)

    def unused(self) -> frozenset[str]:
        return super().unused() | ({"shrinkage"} if self.model != "gaussian" else frozenset())

    @model_validator(mode="after")
    def _every_pixel_is_covered(self) -> Self:
        if self.stride > self.window:
            raise ValueError(
                f"stride is {self.stride}; expected at most the window {self.window}, so that "
                "every pixel is covered"
            )
        return self


@register
class Handcrafted(PatchDetector):
    """Distance of a window's filter responses from those of normal windows.

    With r_j the 22 responses of the filter bank at a pixel (see `FilterBank`) and Q the square of
    w x w pixels of a window,

        x_j = 1/w^2 sum_{p in Q} r_j(p),    z = (x - mean) / deviation of normal windows,

    beside the mean and standard deviation of brightness in Q. The score is the Mahalanobis distance
    of z from normal windows (`SharedGaussian`), or the distance of the whitened z to the nearest
    stored one (`MemoryBank`), divided by what is usual in the same part of an image. Energies of
    Gabor filters over windows are those of Jain and Farrokhnia 1991, patterns those of Ojala,
    Pietikäinen and Mäenpää 2002. No network is needed, and the image keeps its resolution.
    """

    name = "handcrafted"
    title = "Handcrafted features"
    summary = (
        "Describes each window of an image by the responses of fixed filters: brightness, Gabor "
        "filters, gradients and local binary patterns. The score is the distance from normal "
        "windows. It needs no network and misses changes of shape that leave these averages as "
        "they are, defects much smaller than the window, and all differences of hue."
    )
    choose = "You want no network, and features that can be explained."
    measured = Measured(0.892, 0.903, 4.0, 1.4, fixed=0.1, features=0.7)
    reference = (
        "Jain and Farrokhnia, Unsupervised texture segmentation using Gabor filters, Pattern "
        "Recognition 1991; Ojala, Pietikäinen and Mäenpää, Multiresolution gray-scale and rotation "
        "invariant texture classification with local binary patterns, IEEE TPAMI 2002"
    )
    cost = (
        "Training on 5 images of 1024 x 700 pixels takes about as long as that of padim, inference "
        "2.5 times."
    )
    not_exported = (
        "its features are filters and binary patterns of SciPy, of which there is no graph"
    )
    Params = HandcraftedParameters
    params: HandcraftedParameters

    def _features(self) -> FilterBank:
        return FilterBank(self.params.window, self.params.stride)

    def _model(self) -> PatchModel:
        if self.params.model == "gaussian":
            model: PatchModel = SharedGaussian(Reduction("none", LENGTH), self.params.shrinkage)
        else:
            model = MemoryBank(Reduction("whitened", LENGTH), "sample", BUDGET, 1)
        return EvenBorder(model, self._features().border, EVENED)

    def _smoothing(self) -> float:
        return self.params.smoothing
