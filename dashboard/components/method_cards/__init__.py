"""Methods as cards: what each does, when to use it, what it is blind to, accuracy and cost.

The cards are one part that the browser draws, since a page of many Streamlit elements is slow; see
`method_cards.js`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import streamlit as st

from dashboard.session import widgets
from methods.detector import Detector
from methods.measured import Measured

LIMITS = re.compile(r"\bmisses\b|hoose another method|\bweak on\b|\bRefuses\b|\bcannot\b")
"""What begins the part of a summary that says what a method cannot see."""
WORST, BEST = 0.5, 1.0
"""The ends of the bar of an AUROC: chance and perfect."""
SLOWEST = 20.0
"""Seconds of a full bar."""


@dataclass(frozen=True)
class Bar:
    """A measured value as a bar."""

    name: str
    part: float
    """How long the bar is, 0 to 1."""
    value: str


@dataclass(frozen=True)
class Card:
    """What the card of a method says."""

    name: str
    title: str
    does: str
    choose: str
    """When to use it; empty where nothing is said."""
    limits: str
    bars: tuple[Bar, ...]
    time: str
    """How long it takes on the images at hand; empty where there are none."""
    cost: str
    reference: str
    chosen: bool
    """Whether it is in the comparison."""

    @classmethod
    def of(cls, detector: type[Detector], *, chosen: bool, time: str = "") -> "Card":
        """The card of a detector."""
        does, limits = split_summary(detector.summary)
        return cls(
            detector.name,
            detector.title,
            does,
            detector.choose,
            limits,
            _bars(detector.measured),
            time,
            detector.cost,
            detector.reference,
            chosen,
        )


def method_cards(families: Mapping[str, Sequence[Card]], on_add: Callable[[str], None]) -> None:
    """Draw the cards under the titles of their families; `on_add` is given the name of a method
    whose button was pressed."""

    def add() -> None:
        name = st.session_state[widgets.METHOD_CARDS].get("add")
        if any(card.name == name for cards in families.values() for card in cards):
            on_add(name)

    component = st.components.v2.component(
        "method_cards", html='<div class="families"></div>', css=_file("css"), js=_file("js")
    )
    component(
        key=widgets.METHOD_CARDS,
        data=[
            {"title": title, "cards": [asdict(card) for card in cards]}
            for title, cards in families.items()
        ],
        on_add_change=add,
    )


@cache
def _file(kind: str) -> str:
    return (Path(__file__).parent / f"method_cards.{kind}").read_text(encoding="utf-8")


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


def _bars(measured: Measured) -> tuple[Bar, ...]:
    rows = [
        ("Nanofibres", measured.nanofibres, WORST, BEST, "{:.3f} pixel AUROC"),
        ("Wire grid", measured.grid, WORST, BEST, "{:.3f} pixel AUROC"),
        ("Training", measured.training_seconds, 0.0, SLOWEST, "{:g} s"),
        ("Inference", measured.image_seconds, 0.0, SLOWEST / 10, "{:g} s/image"),
    ]
    return tuple(
        Bar(name, _part(value, low, high), words.format(value))
        for name, value, low, high, words in rows
        if value is not None
    )


def _part(value: float, low: float, high: float) -> float:
    return round(min(1.0, max(0.0, (value - low) / (high - low))), 2)
