"""The settings that a search tries: values of the parameters that say where they are searched."""

from collections.abc import Callable, Mapping
from typing import Any

from methods.parameters import Parameters, as_text, parse_parameters
from methods.search import Choices, Search, search_of

Plain = int | float | str
"""A value as a search stores it: a number, or one of `Choices` as a text."""
Suggest = Callable[[str, Search, bool], Plain]
"""Asked by the name of a parameter, where it is searched, and whether it is a whole number."""


def searched(model: type[Parameters]) -> dict[str, Search]:
    """The parameters that are searched, in the order of the form."""
    found = {name: search_of(field) for name, field in model.model_fields.items()}
    return {name: search for name, search in found.items() if search is not None}


def settings(
    model: type[Parameters], fixed: Mapping[str, Any], owner: str, suggest: Suggest
) -> dict[str, Any]:
    """`fixed` and a suggested value of every other parameter that is searched and in use.

    A parameter that is in use only beside a suggested value is asked for after it. Raises
    `ParameterError` for values that do not go together.
    """
    values = dict(fixed)
    waiting = {name: search for name, search in searched(model).items() if name not in fixed}
    while waiting:
        unused = parse_parameters(model, values, owner).unused()
        name = next((name for name in waiting if name not in unused), None)
        if name is None:
            break
        whole = model.model_fields[name].annotation is int
        values[name] = suggest(name, waiting.pop(name), whole)
    parse_parameters(model, values, owner)
    return values


def default_settings(
    model: type[Parameters], fixed: Mapping[str, Any], owner: str
) -> dict[str, Plain]:
    """The searched parameters that are in use by default, with their default values."""
    found: dict[str, Plain] = {}

    def take(name: str, search: Search, whole: bool) -> Plain:
        found[name] = plain_value(search, model.model_fields[name].default)
        return found[name]

    settings(model, fixed, owner, take)
    return found


def plain_value(search: Search, value: Any) -> Plain:
    """A value of a parameter as a search stores it."""
    return as_text(value) if isinstance(search, Choices) else value
