"""The parameters that the detectors of the family share."""

from typing import Self

from pydantic import Field, model_validator

from methods.effort import FREE, takes
from methods.features.lighting import LightingChoice, lighting_field
from methods.parameters import (
    Parameters,
    batch_field,
    learning_rate_field,
    smoothing_field,
    steps_field,
)
from methods.search import within


class RestorationParameters(Parameters):
    """What every training of the family has to be told."""

    reduction: int = Field(
        2,
        ge=1,
        le=8,
        title="Reduction",
        description=(
            "Process the image at 1 / this of its resolution, with a larger field of view."
        ),
        json_schema_extra=within(1, 4) | takes(inference=-2),
    )
    lighting: LightingChoice = lighting_field("kept")
    crop: int = Field(
        64,
        ge=32,
        le=256,
        title="Crop size",
        description=(
            "Side length of a training crop in pixels of the reduced image, a multiple of 16."
        ),
        json_schema_extra=takes(training=1.5, of_training=0.9),
    )
    width: int = Field(
        16,
        ge=4,
        le=128,
        title="Width",
        description="Channels of the first layer. Deeper layers have up to four times as many.",
        json_schema_extra=takes(training=1.2, inference=1, of_training=0.9),
    )
    depth: int = Field(
        3,
        ge=2,
        le=4,
        title="Depth",
        description="Number of encoder layers; each halves the resolution.",
        json_schema_extra=takes(training=1, inference=1),
    )
    code: int = Field(
        16,
        ge=1,
        le=512,
        title="Code size",
        description="Values per cell of the code. A cell covers a square of 2^depth pixels. A "
        "large code reconstructs defects too.",
        json_schema_extra=within(4, 64, log=True) | FREE,
    )
    steps: int = steps_field(250, 0.9)
    batch: int = batch_field(16, 0.9)
    learning_rate: float = learning_rate_field(2e-3)
    smoothing: float = smoothing_field(
        12.0,
        "12 gave better pixel rankings than 8 on most of ten sets. Use less for small defects.",
    )

    @model_validator(mode="after")
    def _crop_is_a_multiple(self) -> Self:
        if self.crop % 16:
            raise ValueError(f"crop is {self.crop}; expected a multiple of 16 from 32 to 256")
        return self
