"""Choose methods and set their parameters."""

from collections.abc import Sequence

import streamlit as st

from dashboard.components import markup
from dashboard.components.forms import forget, main_parameters, parameter_form
from dashboard.components.method_cards import Card, found_by, method_cards
from dashboard.components.next_step_view import next_step_view
from dashboard.session import widgets
from dashboard.session.methods import Chosen
from dashboard.session.state import Session, session
from dashboard.text import plain
from evaluation.comparison.comparison import Variant
from evaluation.comparison.expected import Forecast
from evaluation.estimate import estimate_text, parts_text
from evaluation.recommendation import Recommendation, described, recommended
from evaluation.report.palette import method_colour
from images.dataset import DataSet
from methods import registry
from methods.detector import Detector
from methods.parameters import as_text


def show() -> None:
    """Draw the page."""
    mine = session()
    st.title("Methods")
    st.markdown(
        "The methods are trained on normal images only, or need none at all, or their classes too, "
        "where the card says so. Choose which ones to compare. The default settings are a good "
        "start. You can add a method several times with different settings."
    )
    if mine.data is not None:
        next_step_view(mine, mine.data, "methods")
    st.header("In the comparison")
    if not mine.methods.chosen:
        st.info("No method is chosen. Add one below.")
    for at, chosen in enumerate(list(mine.methods.chosen)):
        _chosen_method(mine, at, chosen)
    _recommended(mine)
    st.header("All methods")
    wish = st.text_input(
        "Search",
        key=widgets.SEARCH,
        persist_state="session",
        placeholder="Search all methods, such as: network, texture, no normal images",
        label_visibility="collapsed",
    )
    used = {chosen.detector for chosen in mine.methods.chosen}
    found = {
        family: [
            Card.of(one, chosen=one.name in used, time=_usual_time(mine, one))
            for one in map(registry.get, names)
            if found_by(wish, one, family)
        ]
        for family, names in registry.families().items()
    }
    if not any(found.values()):
        st.info(f"No method has all of these words: {plain(wish)}.")
    method_cards({family: cards for family, cards in found.items() if cards}, mine.methods.add)
    for text in registry.left_out():
        st.caption(plain(text))


def _recommended(mine: Session) -> None:
    """Which methods suit the images, and why."""
    if mine.data is None or not mine.data.test or mine.data.undecided:
        return
    images = ((one.identity, one.known_class) for one in (*mine.data.normal, *mine.data.test))
    known, suits = _advice(mine.data, mine.data.name, len(mine.data.normal), tuple(images))
    if not suits:
        return
    st.header("Recommended for your images")
    st.caption(plain(f"{known}."))
    for one in suits:
        title = registry.get(one.detector).title
        used = any(chosen.detector == one.detector for chosen in mine.methods.chosen)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                f"{title} is chosen" if used else f"Add {title}",
                key=widgets.add_recommended(one.detector),
                icon=":material/check:" if used else ":material/add:",
                disabled=used,
                on_click=mine.methods.add,
                args=(one.detector, one.params),
            )
            st.markdown(plain(one.reason), width="stretch")


@st.cache_data(max_entries=20, show_spinner="Looking at the images ...")
def _advice(
    _data: DataSet, name: str, normal: int, images: Sequence[tuple[str, str | None]]
) -> tuple[str, Sequence[Recommendation]]:
    """What is known of the images and the methods that suit; the rest tells data sets apart."""
    return described(_data), recommended(_data)


def _chosen_method(mine: Session, at: int, chosen: Chosen) -> None:
    detector = registry.get(chosen.detector)
    with st.container(border=True, key=widgets.part_of_method(chosen.number, "card")):
        with st.container(horizontal=True, vertical_alignment="center"):
            head = st.container()
            st.button(
                "Add variant",
                key=widgets.part_of_method(chosen.number, "copy"),
                type="tertiary",
                icon=":material/content_copy:",
                help="Adds the same method again, to compare different settings.",
                on_click=mine.methods.add,
                args=(chosen.detector, chosen.params),
            )
            st.button(
                "Remove",
                key=widgets.part_of_method(chosen.number, "remove"),
                type="tertiary",
                icon=":material/delete:",
                on_click=mine.methods.chosen.remove,
                args=(chosen,),
            )
        # Drawn when opened, since the forms of many methods take their time.
        settings = st.expander(
            "Settings",
            key=widgets.part_of_method(chosen.number, "settings"),
            on_change="rerun",
        )
        if settings.open:
            with settings:
                _settings(mine, detector, chosen)
        _time(mine, chosen)
        with head:
            markup.method_name(chosen.label, method_colour(at), _difference(detector, chosen))


def _time(mine: Session, chosen: Chosen) -> None:
    """How long it takes on the images, with the settings as they are now."""
    if found := _forecasts(mine, chosen.variant()):
        text = f"{estimate_text(found)} {parts_text(found[0])}"
        st.caption(f":material/timer: {plain(text)}")


def _usual_time(mine: Session, detector: type[Detector]) -> str:
    """How long a method takes on the images with its default settings."""
    found = _forecasts(mine, Variant(detector.name))
    if not found:
        return ""
    text = estimate_text(found)
    return f"{text[0].lower()}{text[1:]}"


def _forecasts(mine: Session, variant: Variant) -> list[Forecast]:
    """The forecast of a method on the images; empty where there are none to run it on."""
    if mine.data is None or not mine.data.test or mine.data.undecided:
        return []
    return mine.estimates.of(mine.data, [variant], None)


def _settings(mine: Session, detector: type[Detector], chosen: Chosen) -> None:
    name, presets = st.columns([1, 2], vertical_alignment="bottom")
    with name:
        _label(mine, chosen)
    with presets, st.container(horizontal=True):
        for title, params in {"default": {}, **detector.presets}.items():
            st.button(
                title.capitalize(),
                key=widgets.preset(chosen.number, title),
                help=f"Set all parameters to the values of {title}.",
                on_click=_take_preset,
                args=(detector, chosen, dict(params)),
            )
    form = widgets.method(chosen.number)
    main = main_parameters(detector)
    chosen.change(parameter_form(detector.Params, chosen.params, chosen.label, form, main))
    if chosen.stages:
        words = f"The training is {chosen.variant().continued}."
        st.caption(plain(f"{words} A changed setting trains from the beginning again."))


def _label(mine: Session, chosen: Chosen) -> None:
    key = widgets.part_of_method(chosen.number, "label")
    st.session_state.setdefault(key, chosen.label)
    wish = st.text_input(
        "Name", key=key, max_chars=40, help="The name in plots and tables."
    ).strip()
    others = {other.label for other in mine.methods.chosen if other is not chosen}
    if not wish or wish in others:
        st.error("Enter a name that no other method uses.")
    else:
        chosen.label = wish


def _take_preset(detector: type[Detector], chosen: Chosen, params: dict[str, object]) -> None:
    chosen.change(params)
    forget(detector.Params, widgets.method(chosen.number))


def _difference(detector: type[Detector], chosen: Chosen) -> str:
    """The settings that are not the default ones, in a few words."""
    if not chosen.params and not chosen.stages:
        return detector.title if chosen.label != detector.title else ""
    fields = detector.Params.model_fields
    settings = [f"{fields[name].title} {as_text(value)}" for name, value in chosen.params.items()]
    notes = [chosen.variant().continued] if chosen.stages else []
    if chosen.tuned is not None:
        notes.append(chosen.tuned.words())
    return ", ".join(settings + notes)
