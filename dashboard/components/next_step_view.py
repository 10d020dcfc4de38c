"""What is possible with images that are not enough, and the buttons that do it."""

from collections.abc import Mapping

import streamlit as st

from dashboard import navigation as pages
from dashboard.components.draw_dialog import open_window
from dashboard.session import widgets
from dashboard.session.next_step import StepName, next_step, roles_for
from dashboard.session.state import Session
from dashboard.text import plain
from images.dataset import DataSet

BUTTONS: Mapping[StepName, tuple[str, str]] = {
    "draw": ("Draw a normal part", "draw"),
    "without-normal": ("Use methods without normal images", "group_work"),
    "alone": ("Use methods that need no other image", "image_search"),
    "set-aside": ("Set some aside for testing", "call_split"),
    "as-test": ("Use as test images", "move_down"),
}
"""The label and the icon of each step."""


def next_step_view(mine: Session, data: DataSet, place: str) -> None:
    """Draw it on a page; nothing where nothing is lacking. `place` tells pages apart."""
    found = next_step(mine, data)
    if found is None:
        return
    with st.container(border=True):
        st.markdown(f":material/lightbulb: {plain(found.text)}")
        with st.container(horizontal=True):
            for step in found.steps:
                title, icon = BUTTONS[step]
                if st.button(
                    title,
                    icon=f":material/{icon}:",
                    key=widgets.next_step(place, step),
                    disabled=step == "without-normal" and not mine.methods.need_normal(),
                ):
                    _do(mine, data, step)
                    if step == "draw" and place != "images":
                        pages.switch_to(pages.IMAGES)
                    st.rerun()


def _do(mine: Session, data: DataSet, step: StepName) -> None:
    if step == "draw":
        open_window()
    elif step in ("without-normal", "alone"):
        mine.methods.use_those_without_normal(alone=step == "alone")
    else:
        mine.images.give_roles(roles_for(step, data))
