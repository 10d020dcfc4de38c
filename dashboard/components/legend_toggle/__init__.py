"""Tells which name in the legend of a plot was pressed; see `legend_toggle.js`."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import streamlit as st

from dashboard.session.widgets import LEGEND


@cache
def _script() -> str:
    return (Path(__file__).parent / "legend_toggle.js").read_text(encoding="utf-8")


def legend_toggle(on_toggled: Callable[[str], None]) -> None:
    """Listen to the legends of all curves; `on_toggled` is given the `legendgroup`."""

    def take() -> None:
        group = st.session_state[LEGEND].get("toggled")
        if group is not None:
            on_toggled(str(group))

    st.components.v2.component("legend_toggle", html="<span></span>", js=_script())(
        key=LEGEND, height=1, on_toggled_change=take
    )
