"""What a parameter does to the time of training and inference, said beside its field.

A field says so with ``json_schema_extra=takes(...)`` or ``takes_by(...)``, joined with ``|`` to
what else it says there. `FREE` says that it does next to nothing; of a field that says nothing,
nobody knows. Together they make the time with any parameters out of the measured time with the
defaults.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter
from pydantic.fields import FieldInfo

EFFORT = "effort"
"""The key in `json_schema_extra`."""


@dataclass(frozen=True)
class _Effort:
    """How two times change with the value of one parameter."""

    training: float = 0.0
    """The time of training grows with this power of the value; of the length of a tuple."""
    inference: float = 0.0
    of_training: float = 1.0
    """The share of the training with the default parameters that changes; the rest stays."""
    of_inference: float = 1.0
    training_by: Mapping[str, float] | None = None
    """How many times the training of the default each choice takes, for those that are not 1."""
    inference_by: Mapping[str, float] | None = None


_EFFORT = TypeAdapter(_Effort)


@dataclass(frozen=True)
class Effort:
    """How many times as long as with the default parameters training and inference take."""

    training: float = 1.0
    inference: float = 1.0
    unknown: tuple[str, ...] = ()
    """Titles of changed parameters of which nobody knows what they do to the time."""


def takes(
    training: float = 0.0,
    inference: float = 0.0,
    *,
    of_training: float = 1.0,
    of_inference: float = 1.0,
) -> dict[str, Any]:
    """Say that times grow with powers of the value of a number, or of the length of a tuple.

    With `of_training` and `of_inference` only that share of the time with the defaults grows.
    """
    return {
        EFFORT: {
            "training": training,
            "inference": inference,
            "of_training": of_training,
            "of_inference": of_inference,
        }
    }


def takes_by(
    training: Mapping[object, float] | None = None,
    inference: Mapping[object, float] | None = None,
) -> dict[str, Any]:
    """Say how many times as long as the default some choices take; the others are like it."""
    return {
        EFFORT: {
            "training_by": _texts(training or {}),
            "inference_by": _texts(inference or {}),
        }
    }


FREE: dict[str, Any] = {EFFORT: {}}
"""For a parameter that changes neither time by much."""


def factors(field: FieldInfo, value: Any) -> tuple[float, float] | None:
    """How many times as long training and inference take with this value; None where unknown."""
    extra = field.json_schema_extra
    if not isinstance(extra, dict) or EFFORT not in extra:
        return None
    effort = _EFFORT.validate_python(extra[EFFORT])
    times = (
        (effort.training, effort.of_training, effort.training_by),
        (effort.inference, effort.of_inference, effort.inference_by),
    )
    training, inference = (
        _factor(value, field.default, power, share) * (by or {}).get(str(value), 1.0)
        for power, share, by in times
    )
    return training, inference


def _factor(value: Any, default: Any, power: float, share: float) -> float:
    if not power:
        return 1.0
    if isinstance(value, tuple):
        value, default = len(value), len(default)
    return float(1 - share + share * (value / default) ** power)


def _texts(times: Mapping[object, float]) -> dict[str, float]:
    return {str(value): factor for value, factor in times.items()}
