"""The parameters of the student-teacher detector."""

from typing import Literal

from pydantic import Field

from methods.effort import FREE, takes
from methods.features.network import ActivationParameters, StageNumber
from methods.parameters import batch_field, learning_rate_field, smoothing_field, steps_field
from methods.search import one_of, within


class StudentTeacherParameters(ActivationParameters):
    """The teacher, the students, how they are trained and how their error is measured."""

    teacher: Literal["pretrained", "self-supervised"] = Field(
        "pretrained",
        title="Teacher",
        description="pretrained: the network below. self-supervised: a small network that is first "
        "trained to tell crops of the normal images apart, which needs no pretrained one and sees "
        "fewer kinds of defects.",
    )
    stages: tuple[StageNumber, ...] = Field(
        (3, 4, 5, 6),
        min_length=1,
        title="Stages",
        description="Stages of the teacher whose activations the students learn, separated by "
        "commas; the first must have cells of at most 8 pixels. Stage 1 is the stem. Later stages "
        "have a larger field of view and a coarser grid.",
        json_schema_extra=one_of("3,4,5,6", "3,4,5", "4,5,6", "3,4"),
    )
    students: int = Field(
        3,
        ge=1,
        le=20,
        title="Students",
        description="Number of student networks, of which the mean is compared with the teacher.",
        json_schema_extra=within(1, 3)
        | takes(training=1, inference=1, of_training=0.8, of_inference=0.6),
    )
    uncertainty: bool = Field(
        False,
        title="Add uncertainty",
        description="Add to the error how much the students disagree, as published; it needs two "
        "students or more. The mean pixel AUROC over a wire grid, micrographs of nanofibres, "
        "leather, brick and grass was 0.981 with it and 0.986 without.",
        json_schema_extra=FREE,
    )
    receptive_fields: tuple[Literal[17, 33, 65], ...] = Field(
        (65,),
        min_length=1,
        title="Receptive fields",
        description="Pixels around a cell that a student sees, at the scale of the network. The "
        "score is the mean over the fields.",
        json_schema_extra=one_of("65", "33", "17", "33,65")
        | takes(training=1, inference=1, of_training=0.8, of_inference=0.6),
    )
    error: Literal["squared", "whitened"] = Field(
        "squared",
        title="Error",
        description="whitened: the Mahalanobis distance of the difference between students and "
        "teacher, so that features that students miss on normal images count less; or the "
        "squared difference, as published. With a self-supervised teacher, the squared difference "
        "can rank noise below normal texture.",
        json_schema_extra=one_of("squared", "whitened") | FREE,
    )
    hard_share: float = Field(
        1.0,
        gt=0,
        le=1,
        title="Hard features",
        description="Share of the squared differences in a batch, the largest, that training "
        "minimises; 1 for all. EfficientAD uses 0.001.",
        json_schema_extra=FREE,
    )
    width: int = Field(
        16,
        ge=4,
        le=128,
        title="Width",
        description="Channels of a student's first layer. Deeper layers have up to four times as "
        "many.",
        json_schema_extra=takes(training=1.2, inference=1, of_training=0.8, of_inference=0.6),
    )
    steps: int = steps_field(300, 0.8, " for each student")
    batch: int = batch_field(8, 0.8)
    learning_rate: float = learning_rate_field(3e-3)
    smoothing: float = smoothing_field(4.0)

    def unused(self) -> frozenset[str]:
        unused = super().unused()
        if self.students == 1:
            unused |= {"uncertainty"}
        if self.teacher == "self-supervised":
            unused |= {"backbone", "stages", "average"}
        return unused

    @property
    def adds_uncertainty(self) -> bool:
        """Whether the score is the sum of error and uncertainty."""
        return self.uncertainty and self.students > 1

    def fields(self) -> tuple[int, ...]:
        """The chosen receptive fields, each once, in rising order."""
        return tuple(sorted(set(self.receptive_fields)))
