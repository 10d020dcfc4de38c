"""Choosing methods and setting their parameters."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.components.forms import main_parameters
from dashboard.components.method_cards import Bar, Card, split_summary
from dashboard.session.methods import Chosen
from dashboard.session.state import Session
from methods import registry
from methods.effort import help_text
from methods.measured import Measured
from tests.dashboard.small import OPEN, components, page, quick_session, small_set, texts

RAW = {"features": "raw patches"}
NETWORK = {"alignment", "lighting", "backbone", "stages", "average", "short_side"}


def methods() -> None:
    from dashboard.pages import methods as methods_page

    methods_page.show()


def chosen_pca() -> Session:
    session = Session()
    session.methods.chosen = [Chosen(1, "pca-residual", "PCA residual", dict(RAW))]
    return session


def cards(test: AppTest) -> dict[str, dict[str, Any]]:
    """What the cards of the page say, by the names of the methods."""
    (families,) = components(test)
    return {card["name"]: card for family in families for card in family["cards"]}


def test_every_method_has_a_card() -> None:
    test = page(methods, chosen_pca(), OPEN)
    assert not test.exception
    shown = cards(test)
    assert sorted(shown) == sorted(registry.names())
    for name, card in shown.items():
        detector = registry.get(name)
        assert (card["does"], card["limits"]) == split_summary(detector.summary)
        assert (card["title"], card["choose"]) == (detector.title, detector.choose)
        assert (card["cost"], card["reference"]) == (detector.cost, detector.reference)
        assert card["chosen"] == (name == "pca-residual")


def test_bars_are_as_long_as_what_was_measured() -> None:
    """0.9 lies at four fifths of the way from chance to perfect; 5 s are a quarter of 20 s."""
    detector = type(
        "Made", (registry.get("padim"),), {"measured": Measured(0.9, training_seconds=5.0)}
    )
    assert Card.of(detector, chosen=False).bars == (
        Bar("Nanofibres", 0.8, "0.900 pixel AUROC"),
        Bar("Training", 0.25, "5 s"),
    )


def test_a_method_that_is_not_available_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_LEFT_OUT", {})
    registry.leave_out("words", "its package is missing", "install it")
    said = "words is not available: its package is missing. To use it: install it."
    assert registry.left_out() == (said,)
    assert said in texts(page(methods, chosen_pca(), OPEN))


def test_what_a_method_cannot_see_stands_apart() -> None:
    assert split_summary("Does this. The score is 0.5 high. It misses holes. Beware.") == (
        "Does this. The score is 0.5 high.",
        "It misses holes. Beware.",
    )
    own = [registry.get(name) for name in registry.names()]
    parts = {one.name: split_summary(one.summary) for one in own if one.choose}
    assert all(does for does, _ in parts.values())
    assert [name for name, (_, blind) in parts.items() if not blind] == ["denoising-autoencoder"]


def test_methods_are_searched_by_all_words() -> None:
    test = page(methods, chosen_pca(), {"methods.search": "dictionary PATCH"})
    assert "sparse-coding" in cards(test)
    assert "padim" not in cards(test)
    nothing = page(methods, chosen_pca(), {"methods.search": "xyzzy"})
    assert "No method has all of these words" in texts(nothing)


def test_a_recommended_method_is_added_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    session = quick_session(small_set())
    test = page(methods, session, OPEN)
    assert "The most accurate of the quick methods" in texts(test) or "same object" in texts(test)
    test.button(key="recommended.padim").click().run()
    assert session.methods.chosen[-1].detector == "padim"
    none = quick_session(replace(small_set(), normal=()))
    assert "There is no normal image" in texts(page(methods, none))
    undecided = replace(small_set(), normal=(), undecided=("train/0",))
    assert "There is no normal image" not in texts(page(methods, quick_session(undecided)))


def test_parameters_that_presets_change_come_first() -> None:
    main = main_parameters(registry.get("padim"))
    assert {"positions", "reduction", "features", "smoothing"} <= main
    assert "shrinkage" not in main


def test_the_form_has_the_fields_of_the_parameters() -> None:
    test = page(methods, chosen_pca(), OPEN)
    kinds: dict[object, Callable[..., Any]] = {
        int: test.number_input,
        float: test.number_input,
        bool: test.toggle,
        str: test.text_input,
    }
    params = registry.get("pca-residual").Params
    shown = {name: info for name, info in params.model_fields.items() if name not in NETWORK}
    for name, info in shown.items():
        widget = kinds.get(info.annotation, test.selectbox)(key=f"method.1.{name}")
        assert widget.label == info.title
        assert widget.help == help_text(info)
        assert widget.value == RAW.get(name, info.default)
    assert test.number_input(key="method.1.window").min == 3
    assert test.number_input(key="method.1.window").max == 64


def test_the_form_leaves_out_what_counts_for_nothing() -> None:
    session = chosen_pca()
    test = page(methods, session, OPEN)

    def shown() -> set[str]:
        widgets = [*test.number_input, *test.toggle, *test.text_input, *test.selectbox]
        names = {str(widget.key).removeprefix("method.1.") for widget in widgets}
        return names - {"label", "methods.search"}

    fields = set(registry.get("pca-residual").Params.model_fields)
    assert shown() == fields - NETWORK
    test.number_input(key="method.1.window").set_value(9).run()
    test.selectbox(key="method.1.features").set_value("network").run()
    assert shown() == fields - {"window", "stride"}
    test.toggle(key="method.1.average").set_value(False).run()
    test.selectbox(key="method.1.features").set_value("filter bank").run()
    assert shown() == fields - NETWORK
    assert test.number_input(key="method.1.window").value == 9
    assert session.methods.chosen[0].params == {
        "features": "filter bank",
        "window": 9,
        "average": False,
    }


def test_a_changed_parameter_goes_into_the_comparison() -> None:
    session = chosen_pca()
    test = page(methods, session, OPEN)
    test.number_input(key="method.1.window").set_value(9).run()
    assert session.methods.chosen[0].params == {**RAW, "window": 9}
    test.number_input(key="method.1.window").set_value(15).run()
    assert session.methods.chosen[0].params == RAW


def test_a_value_out_of_bounds_is_told_and_not_taken() -> None:
    session = chosen_pca()
    test = page(methods, session, OPEN)
    test.number_input(key="method.1.variance").set_value(1.0).run()
    assert "PCA residual.variance is 1.0; expected a number above 0 below 1." in texts(test)
    assert session.methods.chosen[0].params == RAW


def test_a_tuple_is_typed_with_commas_between() -> None:
    session = chosen_pca()
    session.methods.chosen[0].params = {}
    test = page(methods, session, OPEN)
    assert test.text_input(key="method.1.stages").value == "3,4,5,6"
    test.text_input(key="method.1.stages").set_value("4, 5").run()
    assert session.methods.chosen[0].params == {"stages": (4, 5)}
    assert "Stages 4,5" in "".join(element.proto.body for element in test.get("html"))
    test.text_input(key="method.1.stages").set_value("4;5").run()
    assert (
        "PCA residual.stages is '4;5'; expected whole numbers from 1 to 99, separated by commas."
        in texts(test)
    )
    assert session.methods.chosen[0].params == {"stages": (4, 5)}
    test.text_input(key="method.1.stages").set_value("3,4,5,6").run()
    assert session.methods.chosen[0].params == {}


def test_the_items_of_a_tuple_are_chosen_where_they_are_few() -> None:
    session = Session()
    session.methods.chosen = [Chosen(1, "inpainting", "Inpainting", {"squares": "2,4,8,16"})]
    test = page(methods, session, OPEN)
    assert test.multiselect(key="method.1.squares").value == [2, 4, 8, 16]
    assert session.methods.chosen[0].params == {"squares": (2, 4, 8, 16)}
    test.multiselect(key="method.1.squares").set_value([4, 8]).run()
    assert session.methods.chosen[0].params == {"squares": (4, 8)}
    test.multiselect(key="method.1.squares").set_value([]).run()
    assert "Inpainting.squares is []; expected some of 2, 4, 8, 16" in texts(test)
    assert session.methods.chosen[0].params == {"squares": (4, 8)}


def test_variants_are_added_named_and_removed() -> None:
    session = chosen_pca()
    session.methods.chosen[0].params = {**RAW, "window": 9}
    test = page(methods, session, OPEN)
    test.button(key="method.1.copy").click().run()
    assert [chosen.label for chosen in session.methods.chosen] == ["PCA residual", "PCA residual 2"]
    assert session.methods.chosen[1].params == {**RAW, "window": 9}
    test.text_input(key="method.1.label").set_value("PCA residual 2").run()
    assert "Enter a name that no other method uses." in texts(test)
    test.text_input(key="method.1.label").set_value("fine").run()
    assert session.methods.chosen[0].label == "fine"
    test.button(key="method.1.remove").click().run()
    assert [chosen.label for chosen in session.methods.chosen] == ["PCA residual 2"]


def test_a_preset_sets_all_parameters() -> None:
    session = Session()
    session.methods.chosen = [Chosen(1, "mean-feature", "Mean feature", {"smoothing": 1.0})]
    test = page(methods, session, OPEN)
    name, params = next(iter(registry.get("mean-feature").presets.items()))
    test.button(key=f"method.1.preset.{name}").click().run()
    fields = registry.get("mean-feature").Params.model_fields
    assert session.methods.chosen[0].params == {
        key: value for key, value in params.items() if value != fields[key].default
    }
    test.button(key="method.1.preset.default").click().run()
    assert session.methods.chosen[0].params == {}


def timers(test: AppTest) -> list[str]:
    """What chosen methods are expected to take."""
    captions = [str(caption.value).replace("\\", "") for caption in test.caption]
    return [text for text in captions if text.endswith("of it.")]


def test_the_expected_time_follows_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """40 s of training take a minute or so with the folds, and a hundred times the steps hours."""
    declared = Measured(training_seconds=40.0, image_seconds=0.1)
    monkeypatch.setattr(registry.get("autoencoder"), "measured", declared)
    mine = quick_session(small_set())
    mine.methods.chosen = [Chosen(1, "autoencoder", "Autoencoder")]
    (before,) = timers(page(methods, mine))
    mine.methods.chosen[0].params = {"steps": 25_000}
    (after,) = timers(page(methods, mine))
    assert " h, " not in before
    assert ", not yet measured on this machine. Training " in before
    assert " h, not yet measured on this machine. Training " in after


def test_a_parameter_says_what_it_does_to_the_time() -> None:
    mine = quick_session(small_set())
    mine.methods.chosen = [Chosen(1, "sparse-coding", "Sparse coding")]
    helps = {field.label: field.help for field in page(methods, mine, OPEN).number_input}
    assert helps["Stride"].endswith("Inference time falls with the square of the value.")
    assert "time" in helps["Atoms"]
