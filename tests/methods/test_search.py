"""Where parameters are searched: every detector says so in bounds that it accepts."""

import pytest
from pydantic import Field

from evaluation.tuning.space import default_settings, searched, settings
from methods import registry
from methods.parameters import Parameters, as_text, parse_parameters
from methods.search import Choices, Range, one_of, search_of, within

TRAINED = [name for name in registry.names() if registry.get(name).needs_normal()]


class Small(Parameters):
    kind: str = Field("a", title="", description="", json_schema_extra=one_of("a", "b"))
    size: int = Field(4, title="", description="", json_schema_extra=within(2, 8, log=True))
    other: float = Field(1.0, title="", description="")

    def unused(self) -> frozenset[str]:
        return frozenset() if self.kind == "b" else frozenset({"size"})


def test_a_field_says_where_it_is_searched() -> None:
    fields = Small.model_fields
    assert search_of(fields["kind"]) == Choices(("a", "b"))
    assert search_of(fields["size"]) == Range(2, 8, log=True)
    assert search_of(fields["other"]) is None


def test_what_is_not_in_use_is_not_asked_for() -> None:
    asked: list[tuple[str, bool]] = []

    def suggest(kind: str, name: str, whole: bool) -> int | str:
        asked.append((name, whole))
        return kind if name == "kind" else 8

    found = settings(Small, {}, "small", lambda name, _, whole: suggest("a", name, whole))
    assert (found, asked) == ({"kind": "a"}, [("kind", False)])
    asked.clear()
    found = settings(Small, {}, "small", lambda name, _, whole: suggest("b", name, whole))
    assert found == {"kind": "b", "size": 8}
    assert asked == [("kind", False), ("size", True)]
    assert default_settings(Small, {}, "small") == {"kind": "a"}
    assert default_settings(Small, {"kind": "b"}, "small") == {"size": 4}


@pytest.mark.parametrize("name", TRAINED)
def test_every_place_is_accepted_and_holds_the_default(name: str) -> None:
    model = registry.get(name).Params
    found = searched(model)
    assert found
    for parameter, search in found.items():
        default = model.model_fields[parameter].default
        if isinstance(search, Choices):
            assert as_text(default) in search.values
            values: list[object] = list(search.values)
        else:
            assert search.low <= default <= search.high
            assert not search.log or search.low > 0
            values = [search.low, search.high]
        for value in values:
            parse_parameters(model, {parameter: value}, name)
    assert default_settings(model, {}, name)
