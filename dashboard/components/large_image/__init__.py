"""A window with one image of the data set as large as it fits, and the ways to its neighbours.

It opens from the table of images, and from thumbnails with a place: see `large_image.js`.
"""

from functools import cache
from pathlib import Path

import streamlit as st

from dashboard.components import markup
from dashboard.components.gallery import gallery_of
from dashboard.components.pictures import WHOLE_SIDE
from dashboard.errors import guarded
from dashboard.session import widgets
from dashboard.session.state import Session
from dashboard.text import plain
from images.dataset import DataSet
from images.errors import shown


def show_large(place: int | None = None) -> None:
    """Let the page open the window with the image at a place, or close it with None.

    Places go through the normal images and then the test images.
    """
    st.session_state[widgets.LARGE] = place


@cache
def _script() -> str:
    return (Path(__file__).parent / "large_image.js").read_text(encoding="utf-8")


def _open() -> None:
    place = st.session_state[widgets.THUMBNAILS].get("opened")
    if place is not None:
        show_large(int(place))


def large_image(mine: Session, data: DataSet) -> None:
    """The window, as long as it is open, and what listens to presses on thumbnails."""
    st.components.v2.component("large_image", html="<span></span>", js=_script())(
        key=widgets.THUMBNAILS, height=1, on_opened_change=_open
    )
    place = st.session_state.get(widgets.LARGE)
    if place is not None and place < len(data.normal) + len(data.test):
        _window(mine, data)


@st.dialog("Image", width="large", on_dismiss=show_large)
def _window(mine: Session, data: DataSet) -> None:
    _content(mine, data)


@guarded
def _content(mine: Session, data: DataSet) -> None:
    place, last = st.session_state[widgets.LARGE], len(data.normal) + len(data.test) - 1
    gallery, first_test = gallery_of(mine, data), len(data.normal)
    fact = gallery.facts()[place]
    picture = (*data.normal, *data.test)[place]
    if place < first_test:
        pixels = gallery.normal(place, WHOLE_SIDE).data
    else:
        pixels = gallery.preview(place - first_test, WHOLE_SIDE, enlarged=True)
    role = "Normal image" if place < first_test else "Test image"
    kind = f", {picture.kind}" if picture.kind and place >= first_test else ""
    st.markdown(f"**{plain(shown(picture.name))}**")
    markup.pictures("large", [(pixels, f"{role} {picture.name}", "")])
    depth = f", {fact.depth}" if fact.depth else ""
    colour = "grey" if fact.channels == 1 else "colour"
    st.caption(
        f"{role}{plain(kind)}: {fact.width} x {fact.height} pixels, {colour}{depth}, mean "
        f"brightness {fact.brightness:.2f}. {place + 1} of {last + 1}."
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        for label, icon, key, to in (
            ("Previous", ":material/arrow_back:", widgets.LARGE_BEFORE, place - 1),
            ("Next", ":material/arrow_forward:", widgets.LARGE_NEXT, place + 1),
        ):
            st.button(
                label,
                icon=icon,
                key=key,
                disabled=not 0 <= to <= last,
                on_click=show_large,
                args=(to,),
            )
        st.caption("Or the arrow keys.")
