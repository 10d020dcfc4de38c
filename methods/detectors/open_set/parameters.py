"""The parameters of open set recognition."""

from typing import Literal

from pydantic import Field

from methods.detectors.open_set.scores import ScoreKind
from methods.effort import FREE, takes
from methods.features.network import ActivationParameters, StageNumber
from methods.parameters import batch_field, learning_rate_field, smoothing_field, steps_field

Side = Literal[16, 32, 64]
"""Sides to which the small network has images resized, pixels."""
LARGEST_SMALL = 64
"""Sides up to which images go to the small network unless told otherwise, pixels."""


class OpenSetParameters(ActivationParameters):
    """Which network tells the classes apart, how it is trained, and what the score is."""

    classifier: Literal["automatic", "small network", "pretrained network"] = Field(
        "automatic",
        title="Classifier",
        description="small network: trained on the images from the beginning, for small pictures "
        "of one object each. pretrained network: a last layer on its features. automatic: small "
        f"network when all normal images have one size of at most {LARGEST_SMALL} x "
        f"{LARGEST_SMALL} pixels, else pretrained network.",
    )
    head: Literal["gaussian", "linear"] = Field(
        "gaussian",
        title="Last layer",
        description="gaussian: how likely the features of an image are under a Gaussian for each "
        "class, with one covariance, which is low far from all classes. linear: a weighted sum of "
        "the features, as trained, which may be high there.",
        json_schema_extra=FREE,
    )
    score: ScoreKind = Field(
        "max logit",
        title="Score",
        description="max logit: minus the highest logit. energy: -T log sum exp(l / T) of the "
        "logits l. softmax: 1 - the highest probability, for a linear last layer, since "
        "probabilities by the gaussian one are nearly 0 or 1. gaussian: the squared Mahalanobis "
        "distance of the logits to those of the nearest class.",
        json_schema_extra=FREE,
    )
    temperature: float = Field(
        1.0,
        gt=0,
        le=1000,
        title="Temperature",
        description="T in the energy.",
        json_schema_extra=FREE,
    )
    side: Side = Field(
        32,
        title="Side",
        description="The small network has images resized to this number of pixels on both sides.",
        json_schema_extra=takes(training=1.5, of_training=0.9),
    )
    width: int = Field(
        16,
        ge=4,
        le=128,
        title="Width",
        description="Channels of the first layer of the small network. Deeper layers have up to "
        "four times as many.",
        json_schema_extra=takes(training=1.2, inference=1, of_training=0.9),
    )
    changes: Literal["none", "small", "any turn"] = Field(
        "small",
        title="Changes",
        description="How images are changed at random to train the small network. small: shifts "
        "by up to 10 % of the side, turns by up to 10 degrees, sizes by up to 10 %. any turn: "
        "also turned and mirrored, where that leaves the class as it is.",
        json_schema_extra=FREE,
    )
    stages: tuple[StageNumber, ...] = Field(
        (5, 7),
        min_length=1,
        title="Stages",
        description="Stages of the pretrained network whose activations are used, separated by "
        "commas. Later stages have a larger field of view and a coarser grid.",
    )
    steps: int = steps_field(400, 0.9)
    batch: int = batch_field(32, 0.9, "Images per step.", most=512)
    learning_rate: float = learning_rate_field(5e-3)
    decay: float = Field(
        1e-4,
        ge=0,
        le=1,
        title="Weight decay",
        description="Weight of the sum of the squared weights of the last layer in the loss.",
        json_schema_extra=FREE,
    )
    smoothing: float = smoothing_field(
        4.0, "Maps of the small network are not smoothed, nor is the image score."
    )

    def unused(self) -> frozenset[str]:
        small = {"side", "width", "changes"}
        pretrained = {*ActivationParameters.model_fields, "smoothing"}
        unused = {"small network": pretrained, "pretrained network": small}
        temperature = set() if self.score == "energy" else {"temperature"}
        without_training = self.classifier == "pretrained network" and self.head == "gaussian"
        training = {"steps", "batch", "learning_rate", "decay"} if without_training else set()
        return super().unused().union(unused.get(self.classifier, set()), temperature, training)
