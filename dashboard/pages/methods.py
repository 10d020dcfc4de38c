"""Choose methods and set their parameters."""

import streamlit as st

from dashboard.components import markup
from dashboard.components.forms import forget, parameter_form
from dashboard.components.next_step_view import next_step_view
from dashboard.session import widgets
from dashboard.session.methods import Chosen
from dashboard.session.state import Session, session
from dashboard.text import plain
from evaluation.report.palette import method_colour
from methods import registry
from methods.detector import Detector
from methods.parameters import as_text

CARDS_A_ROW = 3


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
    st.subheader("In the comparison")
    if not mine.methods.chosen:
        st.info("No method is chosen. Add one below.")
    for at, chosen in enumerate(list(mine.methods.chosen)):
        _chosen_method(mine, at, chosen)
    st.subheader("All methods")
    for family, names in registry.families().items():
        st.markdown(f"#### {plain(family)}")
        for start in range(0, len(names), CARDS_A_ROW):
            row = names[start : start + CARDS_A_ROW]
            for column, name in zip(st.columns(CARDS_A_ROW), row, strict=False):
                with column:
                    _card(mine, registry.get(name))
    for text in registry.left_out():
        st.caption(plain(text))


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
        with st.expander("Settings"):
            _settings(mine, detector, chosen)
        with head:
            markup.method_name(chosen.label, method_colour(at), _difference(detector, chosen))


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
    chosen.change(parameter_form(detector.Params, chosen.params, chosen.label, form))
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


def _card(mine: Session, detector: type[Detector]) -> None:
    with st.container(border=True, height="stretch"):
        st.markdown(f"**{plain(detector.title)}**")
        st.markdown(plain(detector.summary))
        if detector.cost:
            st.caption(f":material/timer: {plain(detector.cost)}")
        st.caption(f":material/article: {plain(detector.reference)}")
        used = sum(chosen.detector == detector.name for chosen in mine.methods.chosen)
        st.button(
            "Add again" if used else "Add",
            key=widgets.add_method(detector.name),
            icon=":material/add:",
            type="secondary" if used else "primary",
            on_click=mine.methods.add,
            args=(detector.name,),
        )
