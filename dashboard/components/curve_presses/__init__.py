"""Tells what was pressed in the plots of curves; see `curve_presses.js`."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.session.widgets import CURVE_PRESSES
from evaluation.decisions.thresholds import LEVELS, Level


@cache
def _script() -> str:
    return (Path(__file__).parent / "curve_presses.js").read_text(encoding="utf-8")


def curve_presses(
    on_toggled: Callable[[int], None], on_picked: Callable[[int, Level, float], None]
) -> None:
    """Listen to all curves; shows nothing.

    `on_toggled` is given the number of a method whose name was pressed in a legend, `on_picked`
    the number of a method whose curve was pressed, its level and the threshold there.
    """

    def toggle() -> None:
        group = _pressed("toggled")
        if group is not None:
            on_toggled(int(group))

    def pick() -> None:
        point = _pressed("picked")
        if point is not None and point["level"] in LEVELS:
            on_picked(int(point["group"]), point["level"], float(point["threshold"]))

    st.components.v2.component("curve_presses", html="<span></span>", js=_script())(
        key=CURVE_PRESSES, height=1, on_toggled_change=toggle, on_picked_change=pick
    )


def _pressed(name: str) -> Any:
    return st.session_state[CURVE_PRESSES].get(name)
