"""What a bundle says in words and numbers: checked when it is read, whatever the file holds."""

from dataclasses import fields
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from evaluation.decisions.image_scores import OWN_SCORE, ImageScore, ImageScoreKind
from evaluation.decisions.masks import PostProcessing
from images.properties import Properties
from images.reading.intensity import Range
from images.words import count
from methods.detector import Need

Text = Annotated[str, Field(max_length=10_000)]
Count = Annotated[int, Field(ge=0, le=10**9)]
Float32 = Annotated[float, Field(ge=-3.4e38, le=3.4e38)]
Value = Annotated[float, Field(ge=-1e300, le=1e300)]

MOST = 1000
"""Entries of any part."""
PROPERTIES = tuple(field.name for field in fields(Properties))
"""The columns of the properties of the normal images."""


class Record(BaseModel):
    """A part of what a bundle says; unknown fields are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class StoredThreshold(Record):
    """A threshold and where it came from."""

    value: Float32
    """A score at or above it is anomalous."""
    rule: Text
    title: Text
    rate: float | None = Field(ge=0, le=1)
    """The target rate, where the rule uses one."""
    set_on: Text
    uses_labels: bool


class StoredImageScore(Record):
    """How a map becomes the score of its image; see `ImageScore`."""

    kind: ImageScoreKind
    share: float = Field(gt=0, le=1)
    smoothing: float = Field(ge=0, le=1000)

    def rule(self) -> ImageScore:
        """The same as it is applied."""
        return ImageScore(self.kind, self.share, self.smoothing)


class StoredProcessing(Record):
    """What happens to a mask after the threshold; see `PostProcessing`."""

    border: int = Field(ge=0, le=100_000)
    opening: int = Field(ge=0, le=100)
    smallest_area: int = Field(ge=0, le=10**9)

    def rule(self) -> PostProcessing:
        """The same as it is applied."""
        return PostProcessing(self.border, self.opening, self.smallest_area)


class StoredRange(Record):
    """Which sample value is black and which is white."""

    low: Value
    high: Value

    def range(self) -> Range:
        """The same as it is applied."""
        return Range(self.low, self.high)


class StoredMetric(Record):
    """A metric of the comparison."""

    title: Text
    value: float | None
    reason: Text = ""
    """Why it has no value."""


class ModelCard(Record):
    """What was found of the method in the comparison from which it was exported."""

    data: Text
    about: Text
    synthetic: bool
    normal_images: Count
    test_images: Count
    defective_test_images: Count
    good_test_images: Count
    training_digest: Text
    """Of the pixels of the images that it was trained on."""
    calibration: Text
    """Where the scores of normal images come from."""
    metrics: dict[Text, StoredMetric] = Field(max_length=MOST)
    found_rates: tuple[Text, ...] = Field(max_length=MOST)
    """Whether thresholds hold on the good test images, in sentences."""
    warnings: tuple[Text, ...] = Field(max_length=MOST)
    fit_seconds: float = Field(ge=0)
    inference_seconds: float = Field(ge=0)


class Facts(Record):
    """All that a bundle says beside its arrays."""

    label: Text
    """What the method was called in the comparison."""
    detector: Text
    params: dict[Text, JsonValue] = Field(max_length=MOST)
    """For a person to read; the model itself is built from those in its own header."""
    created: Text
    versions: dict[Text, Text] = Field(max_length=MOST)
    image_score: StoredImageScore
    pixel_threshold: StoredThreshold
    image_threshold: StoredThreshold
    display_low: Float32
    """Where the colour scale of the maps starts; its middle is the pixel threshold."""
    processing: StoredProcessing
    scales: dict[Text, StoredRange] = Field(max_length=MOST)
    """Black and white by the type of samples, where the training images decided them."""
    needs: tuple[Need, ...]
    card: ModelCard
    own_image_score: bool = False
    """Whether images are decided on by the detector's own score of them, not by that of the map."""

    @property
    def trained_on(self) -> str:
        """On what the model was trained, by what its detector needs."""
        if "normal images" in self.needs:
            return (
                f"Trained on {count(self.card.normal_images, 'normal image')} of {self.card.data}"
            )
        if self.needs:
            return f"Trained on {count(self.card.test_images, 'test image')} of {self.card.data}"
        return f"Not trained on any image, not even of {self.card.data}"

    @property
    def image_score_text(self) -> str:
        """Where the score of an image comes from, in a few words."""
        return OWN_SCORE if self.own_image_score else self.image_score.rule().text()
