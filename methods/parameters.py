"""Parameters of a detector: checked where a person's values enter, with a sentence when wrong."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic.fields import FieldInfo

from images.errors import AnomalyError
from methods.effort import FREE, Effort, effort_of, takes
from methods.features.magnification import Detail
from methods.search import within

DIGITS = 12
"""Of a number; a computed one is off in the last of 16."""


class Parameters(BaseModel):
    """Base of every detector's `Params`: immutable, and unknown names are refused.

    Every field has a default, bounds, a title and a description; forms, the command line and the
    report are made from them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def unused(self) -> frozenset[str]:
        """Names of parameters that count for nothing as the others are; forms leave them out."""
        return frozenset()

    def effort(self) -> Effort:
        """What these take, compared with the defaults."""
        unused = self.unused()
        return effort_of(
            (field, value)
            for name, field in type(self).model_fields.items()
            if name not in unused and (value := getattr(self, name)) != field.default
        )

    def pixel_share(self, details: Sequence[Detail]) -> float:
        """The pixels that are processed for each pixel of images like these."""
        return 1.0

    @field_validator("*", mode="before")
    @classmethod
    def _text_as_tuple(cls, value: Any, info: ValidationInfo) -> Any:
        """Split text such as ``"3,4,5"`` where a tuple is expected."""
        assert info.field_name is not None
        item = item_of(cls.model_fields[info.field_name])
        if item is None or not isinstance(value, str):
            return value
        spelled = {str(choice): choice for choice in choices_of(item)}
        return tuple(spelled.get(part, part) for part in map(str.strip, value.split(",")))

    @field_validator("*", mode="after")
    @classmethod
    def _as_written(cls, value: Any) -> Any:
        """Without the last digits of a number that was computed: 0.93, not 0.9299999999999999."""
        return _rounded(value)


@dataclass(frozen=True)
class Offered:
    """Beside the type of a text parameter: what a form lets a person choose from.

    A script may give other texts too.
    """

    choices: Callable[[], Sequence[str]]


def smoothing_field(default: float, more: str = "") -> Any:
    """The field that says how score maps are smoothed; `more` goes on with its description."""
    text = "Standard deviation of the Gaussian smoothing of the score map, in pixels."
    return Field(
        default,
        ge=0,
        le=50,
        title="Smoothing",
        description=f"{text} {more}".rstrip(),
        json_schema_extra=within(default / 4, 2.5 * default, log=True) | FREE,
    )


def steps_field(default: int, share: float, more: str = "") -> Any:
    """The field of the length of a training, which is that share of the time of `fit`.

    `more` ends its description.
    """
    return Field(
        default,
        ge=1,
        le=100_000,
        title="Steps",
        description=f"Maximum number of training batches{more}.",
        json_schema_extra=takes(training=1, of_training=share),
    )


def batch_field(default: int, share: float, text: str = "Crops per step.", most: int = 256) -> Any:
    """The field of what a step of training sees, with the share of the time of `fit` in it."""
    return Field(
        default,
        ge=2,
        le=most,
        title="Batch",
        description=text,
        json_schema_extra=takes(training=1, of_training=share),
    )


def learning_rate_field(default: float) -> Any:
    """The field of the learning rate of `methods.training.loop.train`."""
    text = "Initial learning rate of Adam. It decreases to zero with a cosine schedule."
    return Field(
        default,
        gt=0,
        le=0.1,
        title="Learning rate",
        description=text,
        json_schema_extra=within(default / 5, 5 * default, log=True) | FREE,
    )


class ParameterError(AnomalyError):
    """A parameter that a person gave is wrong; the text names it, its value and its bounds."""


P = TypeVar("P", bound=Parameters)


def item_of(field: FieldInfo) -> FieldInfo | None:
    """The type and bounds of the items of a tuple of any length; None for any other parameter."""
    if get_origin(field.annotation) is not tuple:
        return None
    return FieldInfo.from_annotation(get_args(field.annotation)[0])


def choices_of(field: FieldInfo) -> tuple[Any, ...]:
    """The values that a parameter may have, where its type lists them."""
    return get_args(field.annotation) if get_origin(field.annotation) is Literal else ()


def as_text(value: object) -> str:
    """A value as a person reads and types it: the items of a tuple with commas between."""
    if isinstance(value, (tuple, list)):
        return ",".join(map(as_text, value))
    return str(_rounded(value))


def _rounded(value: Any) -> Any:
    """A number, or those in a tuple, to as many digits as nobody types."""
    if isinstance(value, tuple):
        return tuple(map(_rounded, value))
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def changed(model: type[Parameters], values: Mapping[str, Any], owner: str) -> dict[str, Any]:
    """Those of `values` that differ from their defaults, each as the type of its parameter.

    Raises `ParameterError` as `parse_parameters` does.
    """
    parsed = parse_parameters(model, values, owner)
    return {
        name: value
        for name, field in model.model_fields.items()
        if (value := getattr(parsed, name)) != field.default
    }


def parse_parameters(model: type[P], values: Mapping[str, Any], owner: str) -> P:
    """`values` as an instance of `model`.

    Text such as ``"512"`` is taken as the number it spells, and ``"3,4,5"`` as the tuple, so that
    the command line needs no parser of its own. Raises `ParameterError` with one sentence that
    names ``owner.parameter``.
    """
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        raise ParameterError(_sentence(model, values, error, owner)) from None


def faults_of_fields(model: type[Parameters]) -> list[str]:
    """Why no form can be drawn of parameters, for each field a clause."""
    faults = []
    for name, field in model.model_fields.items():
        told = {"a default": not field.is_required(), "a title": field.title,
                "a description": field.description}  # fmt: skip
        if lacks := [what for what, there in told.items() if not there]:
            faults.append(f"has a parameter {name} without {' and '.join(lacks)}")
    return faults


def expected(field: FieldInfo) -> str:
    """What a parameter may be, in words: ``"a whole number from 1 to 64"``."""
    item = item_of(field)
    if item is not None:
        return f"{_phrase(item, several=True)}, separated by commas"
    return _phrase(field)


def _phrase(field: FieldInfo, *, several: bool = False) -> str:
    kind = field.annotation
    if choices := choices_of(field):
        return f"{'some' if several else 'one'} of " + ", ".join(map(str, choices))
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}
    if several:
        words |= {int: "whole numbers", float: "numbers", str: "texts"}
    phrase = words.get(kind, str(kind)) if isinstance(kind, type) else str(kind)
    limits = []
    for rule in field.metadata:
        for name, word in (("ge", "from"), ("gt", "above"), ("le", "to"), ("lt", "below")):
            limit = getattr(rule, name, None)
            if limit is not None:
                limits.append(f"{word} {limit}")
    return " ".join([phrase, *limits])


def _sentence(
    model: type[Parameters], values: Mapping[str, Any], error: ValidationError, owner: str
) -> str:
    first = error.errors()[0]
    if not first["loc"]:
        return f"{owner}: {first['msg'].removeprefix('Value error, ')}."
    name = str(first["loc"][0])
    if first["type"] == "extra_forbidden":
        known = ", ".join(model.model_fields)
        return f"{owner} has no parameter {name!r}; it has {known}."
    return f"{owner}.{name} is {values[name]!r}; expected {expected(model.model_fields[name])}."
