"""The parameters that the detectors of the family share."""

from typing import Literal, Self

from pydantic import Field, model_validator

from methods.effort import takes
from methods.parameters import (
    Parameters,
    batch_field,
    learning_rate_field,
    smoothing_field,
    steps_field,
)
from methods.search import one_of, within

Side = Literal[8, 16, 32, 64]
"""Sides of the patches for which there is a network, pixels."""

LARGEST_WHOLE = 64
"""Sides up to which images are judged as a whole unless told otherwise, pixels."""


class OneClassParameters(Parameters):
    """What every training of the family has to be told."""

    view: Literal["automatic", "patches", "whole images"] = Field(
        "automatic",
        title="View",
        description="patches: a score for each position of an image. whole images: one score for "
        "an image, for pictures of one object each. automatic: whole images when all normal "
        f"images have one size of at most {LARGEST_WHOLE} x {LARGEST_WHOLE} pixels, else patches.",
    )
    whole_side: Side = Field(
        16,
        title="Side of whole images",
        description="Whole images are resized to this number of pixels on both sides.",
    )
    patches: tuple[Side, ...] = Field(
        (16,),
        title="Patch sizes",
        description="Sides of the patches in pixels of the reduced image. A network is trained "
        "for each of several, and their scores are multiplied.",
        json_schema_extra=one_of("16", "32", "16,32") | takes(training=1, inference=1),
    )
    reduction: int = Field(
        2,
        ge=1,
        le=8,
        title="Reduction",
        description="Process the image at 1 / this of its resolution, with a larger "
        "patch. Whole images are not reduced.",
        json_schema_extra=within(1, 4) | takes(inference=-2),
    )
    width: int = Field(
        16,
        ge=4,
        le=128,
        title="Width",
        description="Channels of the first layer. Deeper layers have up to four times as many.",
        json_schema_extra=takes(training=1.2, inference=1, of_training=0.8),
    )
    steps: int = steps_field(400, 0.8)
    batch: int = batch_field(32, 0.8, "Patches or whole images per step.", most=512)
    learning_rate: float = learning_rate_field(2e-3)
    smoothing: float = smoothing_field(
        4.0,
        "Whole images have one score and are not smoothed.",
    )

    def unused(self) -> frozenset[str]:
        of_patches = ["patches", "reduction", "smoothing"]
        unused = {"patches": ["whole_side"], "whole images": of_patches}
        return super().unused().union(unused.get(self.view, []))

    @model_validator(mode="after")
    def _patches_are_given_once(self) -> Self:
        if not self.patches or len(set(self.patches)) < len(self.patches):
            raise ValueError("patches must name at least one size, and each of them once")
        return self
