"""What a parameter does to the time of training and inference, said beside its field.

A field says so with ``json_schema_extra=takes(...)`` or ``takes_by(...)``, joined with ``|`` to
what else it says there. `FREE` says that it does next to nothing; of a field that says nothing,
nobody knows. Together they make the time with any parameters out of the measured time with the
defaults, and the sentence in which a person reads what a parameter does to it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

from pydantic import TypeAdapter
from pydantic.fields import FieldInfo

EFFORT = "effort"
"""The key in `json_schema_extra`."""


@dataclass(frozen=True)
class _Effort:
    """How two times change with the value of one parameter."""

    training: float = 0.0
    inference: float = 0.0
    of_training: float = 1.0
    of_inference: float = 1.0
    part: str = ""
    training_by: Mapping[str, float] | None = None
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
    part: str = "",
) -> dict[str, Any]:
    """Say that times grow with powers of the value of a number, or of the length of a tuple.

    With `of_training` and `of_inference` only that share of the time with the defaults grows.
    Parameters of one `part` of the work act on the same share, those of others on the rest.
    """
    return {
        EFFORT: {
            "training": training,
            "inference": inference,
            "of_training": of_training,
            "of_inference": of_inference,
            "part": part,
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


def effort_of(changed: Iterable[tuple[FieldInfo, Any]]) -> Effort:
    """What parameters with other values than their defaults take."""
    training, inference, unknown = _Sum(), _Sum(), []
    for field, value in changed:
        effort = _declared(field)
        if effort is None:
            unknown.append(field.title or "")
            continue
        length, usual = _size(value), _size(field.default)
        if usual:
            ratio = length / usual
            training.add(effort.part, effort.of_training, ratio, effort.training)
            inference.add(effort.part, effort.of_inference, ratio, effort.inference)
        training.times *= (effort.training_by or {}).get(str(value), 1.0)
        inference.times *= (effort.inference_by or {}).get(str(value), 1.0)
    return Effort(training.factor(), inference.factor(), tuple(unknown))


def help_text(field: FieldInfo) -> str:
    """The description of a parameter, and what it does to the time."""
    effort = _declared(field) or _Effort()
    name = "number of them" if isinstance(field.default, tuple) else "value"
    said = [field.description or ""]
    if effort.training and effort.training == effort.inference:
        partly = effort.of_training < WHOLE
        said.append(_grows("Training and inference time", "both", effort.training, partly, name))
    else:
        for which, power, share in (
            ("Training time", effort.training, effort.of_training),
            ("Inference time", effort.inference, effort.of_inference),
        ):
            if power:
                said.append(_grows(which, "one", power, share < WHOLE, name))
    for which, times in (("Training", effort.training_by), ("Inference", effort.inference_by)):
        for choice, factor in (times or {}).items():
            said.append(f"{which} takes about {factor:g} times as long with {choice}.")
    return " ".join(filter(None, said))


WHOLE = 0.75
"""Share of a time from which it is said to grow as a whole."""


def _grows(which: str, count: str, power: float, partly: bool, name: str) -> str:
    verb = ("grow" if power > 0 else "fall") + ("s" if count == "one" else "")
    if partly:
        return f"Part of the {which[0].lower()}{which[1:]} {verb.rstrip('s')}s with the {name}."
    if abs(power) >= 1.9:
        return f"{which} {verb} with the square of the {name}."
    if abs(power) > 1.1:
        return f"{which} {verb} faster than in proportion to the {name}."
    if abs(power) < 0.75:
        return f"{which} {verb} with the {name}, but less than in proportion."
    return f"{which} {verb} in proportion to the {name}."


class _Sum:
    """A time that is the sum of parts, each with its share and its factors."""

    def __init__(self) -> None:
        self.times = 1.0
        self._parts: dict[str, list[tuple[float, float]]] = {}

    def add(self, part: str, share: float, ratio: float, power: float) -> None:
        """A share of the time grows as a power of a ratio."""
        if power:
            self._parts.setdefault(part, []).append((share, ratio**power))

    def factor(self) -> float:
        """How many times as long as with the defaults it takes."""
        shares = {part: max(share for share, _ in each) for part, each in self._parts.items()}
        crowded = max(1.0, sum(shares.values()))
        whole = 1.0
        for part, each in self._parts.items():
            own = shares[part]
            grown = prod(1 - share / own + share / own * factor for share, factor in each)
            whole += own / crowded * (grown - 1)
        return self.times * whole


def _declared(field: FieldInfo) -> _Effort | None:
    extra = field.json_schema_extra
    if not isinstance(extra, dict) or EFFORT not in extra:
        return None
    return _EFFORT.validate_python(extra[EFFORT])


def _size(value: Any) -> float:
    """A number itself, the length of a tuple; 0 for what is neither."""
    if isinstance(value, tuple):
        return float(len(value))
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else 0.0


def _texts(times: Mapping[object, float]) -> dict[str, float]:
    return {str(value): factor for value, factor in times.items()}
