"""Parameters of a detector: checked where a person's values enter, with a sentence when wrong."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo

from images.errors import AnomalyError


class Parameters(BaseModel):
    """Base of every detector's `Params`: immutable, and unknown names are refused.

    Every field has a default, bounds, a title and a description; forms, the command line and the
    report are made from them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def unused(self) -> frozenset[str]:
        """Names of parameters that count for nothing as the others are; forms leave them out."""
        return frozenset()


@dataclass(frozen=True)
class Offered:
    """Beside the type of a text parameter: what a form lets a person choose from.

    A script may give other texts too.
    """

    choices: Callable[[], Sequence[str]]


class ParameterError(AnomalyError):
    """A parameter that a person gave is wrong; the text names it, its value and its bounds."""


P = TypeVar("P", bound=Parameters)


def parse_parameters(model: type[P], values: Mapping[str, Any], owner: str) -> P:
    """`values` as an instance of `model`.

    Text such as ``"512"`` is taken as the number it spells, so that the command line needs no
    parser of its own. Raises `ParameterError` with one sentence that names ``owner.parameter``.
    """
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        raise ParameterError(_sentence(model, error, owner)) from None


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
    kind = field.annotation
    if get_origin(kind) is Literal:
        return "one of " + ", ".join(str(choice) for choice in get_args(kind))
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}
    phrase = words.get(kind, str(kind)) if isinstance(kind, type) else str(kind)
    limits = []
    for rule in field.metadata:
        for name, word in (("ge", "from"), ("gt", "above"), ("le", "to"), ("lt", "below")):
            limit = getattr(rule, name, None)
            if limit is not None:
                limits.append(f"{word} {limit}")
    return " ".join([phrase, *limits])


def _sentence(model: type[Parameters], error: ValidationError, owner: str) -> str:
    first = error.errors()[0]
    if not first["loc"]:
        return f"{owner}: {first['msg'].removeprefix('Value error, ')}."
    name = str(first["loc"][0])
    if first["type"] == "extra_forbidden":
        known = ", ".join(model.model_fields)
        return f"{owner} has no parameter {name!r}; it has {known}."
    return f"{owner}.{name} is {first['input']!r}; expected {expected(model.model_fields[name])}."
