"""Where tuning looks for better values of a parameter, said beside its field.

A field says so with ``json_schema_extra=within(...)`` or ``one_of(...)``; a parameter whose field
says nothing is not searched.
"""

from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter
from pydantic.fields import FieldInfo

SEARCH = "search"
"""The key in `json_schema_extra`."""


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both included; evenly spread by their logarithms with `log`."""

    low: float
    high: float
    log: bool = False


@dataclass(frozen=True)
class Choices:
    """Values as a person types them: ``"3,4,5"`` for a tuple."""

    values: tuple[str, ...]


Search = Range | Choices
_SEARCH: TypeAdapter[Search] = TypeAdapter(Range | Choices)


def within(low: float, high: float, *, log: bool = False) -> dict[str, Any]:
    """Mark a number as worth searching between two bounds."""
    return {SEARCH: {"low": low, "high": high, "log": log}}


def one_of(*values: object) -> dict[str, Any]:
    """Mark a parameter as worth searching among some values."""
    return {SEARCH: {"values": [str(value) for value in values]}}


def search_of(field: FieldInfo) -> Search | None:
    """Where a parameter is searched; None where it is not."""
    extra = field.json_schema_extra
    if not isinstance(extra, dict) or SEARCH not in extra:
        return None
    return _SEARCH.validate_python(extra[SEARCH])
