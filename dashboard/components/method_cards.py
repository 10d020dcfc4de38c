"""A method as a card: what it does, when to use it, what it is blind to, accuracy and cost."""

import re
from collections.abc import Callable
from html import escape

import streamlit as st

from dashboard.session import widgets
from dashboard.text import plain
from methods.detector import Detector
from methods.measured import Measured

LIMITS = re.compile(r"\bmisses\b|hoose another method|\bweak on\b|\bRefuses\b|\bcannot\b")
"""What begins the part of a summary that says what a method cannot see."""
WORST, BEST = 0.5, 1.0
"""The ends of the bar of an AUROC: chance and perfect."""
SLOWEST = 20.0
"""Seconds of a full bar."""


def method_card(
    detector: type[Detector], used: int, add: Callable[[str], None], time: str = ""
) -> None:
    """Draw the card of a method that is chosen `used` times.

    `time` says how long it takes on the images at hand; empty where there are none.
    """
    does, blind = split_summary(detector.summary)
    told = [f"**{plain(detector.title)}**", plain(does)]
    if detector.choose:
        told.append(f"**Use it if:** {plain(detector.choose)}")
    if blind:
        told.append(f"**Limits:** {plain(blind)}")
    source = [f":material/timer: {plain(detector.cost)}"] if detector.cost else []
    source.append(f":material/article: {plain(detector.reference)}")
    with st.container(border=True, height="stretch"):
        # One element for all paragraphs: a page of cards is slow with one for each.
        st.markdown("\n\n".join(told))
        _bars(detector.measured)
        if time:
            st.caption(f":material/timer: On these images {plain(time)}")
        with st.expander("Cost and source"):
            st.caption("\n\n".join(source))
        st.button(
            "Add again" if used else "Add",
            key=widgets.add_method(detector.name),
            icon=":material/add:",
            type="secondary" if used else "primary",
            on_click=add,
            args=(detector.name,),
        )


def split_summary(summary: str) -> tuple[str, str]:
    """What a method does, and what it cannot see: from the first sentence that says so."""
    sentences = re.split(r"(?<=[.:])\s+(?=[A-Z])", summary)
    for at, sentence in enumerate(sentences):
        if LIMITS.search(sentence):
            return " ".join(sentences[:at]), " ".join(sentences[at:])
    return summary, ""


def found_by(wish: str, detector: type[Detector], family: str) -> bool:
    """Whether all words of a search are in what a person can read about a method."""
    texts = (detector.name, detector.title, detector.summary, detector.choose, detector.reference)
    read = " ".join([*texts, family]).casefold()
    return all(word in read for word in wish.casefold().split())


def _bars(measured: Measured) -> None:
    rows = [
        ("Nanofibres", measured.nanofibres, WORST, BEST, "{:.3f} pixel AUROC"),
        ("Wire grid", measured.grid, WORST, BEST, "{:.3f} pixel AUROC"),
        ("Training", measured.training_seconds, 0.0, SLOWEST, "{:g} s"),
        ("Inference", measured.image_seconds, 0.0, SLOWEST / 10, "{:g} s/image"),
    ]
    shown = [
        f'<div class="bar"><span>{name}</span><i style="--part:{_part(value, low, high):.0%}"></i>'
        f"<b>{escape(words.format(value))}</b></div>"
        for name, value, low, high, words in rows
        if value is not None
    ]
    if shown:
        st.html(f'<div class="bars">{"".join(shown)}</div>')


def _part(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))
