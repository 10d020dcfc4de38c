"""The registry that all names are found in."""

from collections.abc import Callable
from importlib.metadata import EntryPoint

import pytest

from images.errors import AnomalyError
from images.registry import Registry, RegistryError, faults_of, instance


class Tool:
    name = ""
    title = "A tool"

    def __init__(self, name: str = "") -> None:
        self.name = name or type(self).name


class Hammer(Tool):
    name = "hammer"


class Saw(Tool):
    name = "saw"


class OtherSaw(Tool):
    name = "saw"


def tools(**options: object) -> Registry[Tool]:
    return Registry(
        "tool", "no_such_group", entry_of=instance, faults=faults_of(Tool, ("title",)), **options
    )


def test_names_are_sorted_and_filtered_as_in_a_shell() -> None:
    found = tools()
    for name in ("saw-long", "hammer", "saw-short"):
        found.register(Tool(name))
    assert found.names() == ("hammer", "saw-long", "saw-short")
    assert found.names("saw-*") == ("saw-long", "saw-short")
    assert found.names("?ammer") == ("hammer",)
    assert [entry.name for entry in found.entries()] == list(found.names())
    assert "hammer" in found
    assert "drill" not in found


def test_entries_have_the_order_that_is_asked_for() -> None:
    found = tools(order=lambda tool: -len(tool.name))
    for name in ("a", "ccc", "bb"):
        found.register(Tool(name))
    assert found.names() == ("ccc", "bb", "a")


def test_a_decorated_class_stays_a_class_and_an_instance_is_kept() -> None:
    found = tools()
    assert found.register(Hammer) is Hammer
    assert isinstance(found.get("hammer"), Hammer)


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    found = tools(chosen_as="thing", others=" or your own")
    found.register(Hammer)
    with pytest.raises(RegistryError) as caught:
        found.get("drill")
    assert str(caught.value) == "There is no thing 'drill'; choose from hammer or your own."


def test_who_takes_a_name_is_told_with_a_warning_that_names_both() -> None:
    found = tools()
    found.register(Saw)
    found.register(Saw)  # the same again, as when a module is loaded anew
    with pytest.warns(UserWarning, match="from now on") as caught:
        found.register(OtherSaw)
    (warning,) = caught
    here = __name__
    assert str(warning.message) == (
        f"The tool 'saw' was {here}.Saw and is {here}.OtherSaw from now on."
    )
    assert warning.filename == __file__
    assert isinstance(found.get("saw"), OtherSaw)


def test_what_does_not_fulfil_the_contract_is_refused() -> None:
    with pytest.raises(RegistryError, match=r"^The tool builtins\.dict is no Tool\.$"):
        tools().register(dict)
    with pytest.raises(RegistryError, match=r"\.Mute lacks title\.$"):
        tools().register(type("Mute", (Tool,), {"name": "mute", "title": " "}))


def test_once_closed_no_name_is_added_and_the_reason_is_told() -> None:
    found = tools()
    found.register(Saw)
    found.close("the shop has shut")
    with pytest.raises(RegistryError, match=r"'hammer' comes too late: the shop has shut\.$"):
        found.register(Hammer)
    with pytest.warns(UserWarning, match="'saw'"):
        found.register(OtherSaw)


def raising(error: BaseException) -> Callable[[], object]:
    def load() -> object:
        raise error

    return load


@pytest.mark.parametrize(
    ("load", "sentence"),
    [
        (raising(SystemExit("no licence")), "loading it ended with SystemExit: no licence."),
        (raising(ValueError()), "loading it ended with ValueError."),
        (raising(OSError("two\nlines.")), "loading it ended with OSError: two lines."),
        (raising(AnomalyError("It says so.")), "It says so."),
        (
            lambda: OtherSaw,
            f"Two tools have the name 'saw': {__name__}.Saw is used, {__name__}.OtherSaw "
            "is ignored.",
        ),
        (lambda: dict, "The tool builtins.dict is no Tool."),
    ],
)
def test_a_plug_in_that_cannot_be_used_is_told_in_a_sentence(
    load: Callable[[], object],
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    found = tools()
    found.register(Saw)
    good = EntryPoint("good", f"{__name__}:Hammer", "no_such_group")
    bad = EntryPoint("bad", "anything:at_all", "no_such_group")
    monkeypatch.setattr(EntryPoint, "load", lambda entry: load() if entry.name == "bad" else Hammer)
    asked: list[str] = []

    def entry_points(group: str) -> list[EntryPoint]:
        asked.append(group)
        return [bad, good]

    monkeypatch.setattr("images.registry.entry_points", entry_points)
    assert found.names() == ("hammer", "saw")
    assert [record.getMessage() for record in caplog.records] == [
        f"The tool 'bad' was ignored: {sentence}"
    ]
    assert isinstance(found.get("saw"), Saw)
    assert asked == ["no_such_group"]
