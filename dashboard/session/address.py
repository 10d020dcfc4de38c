"""The address of the page names the comparison and how it is looked at.

So a link or a reload brings both back. What an address says that makes no sense is passed over.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from math import isfinite
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from dashboard.errors import guarded
from dashboard.session import widgets
from dashboard.session.job import ComparisonJob
from dashboard.session.state import Session, session
from dashboard.session.view import PROCESSING_LIMITS
from evaluation.decisions.calibration import IMAGE_RATE
from evaluation.decisions.thresholds import (
    DEFAULT_RATE,
    DEFAULT_RULE,
    RULES,
    Level,
    Threshold,
    from_curve,
    manual,
)
from images.errors import AnomalyError

PARAMETER = "comparison"
IMAGE, PLACE = "image", "place"
"""The number of the test image that is inspected, and ``<row>,<column>`` in it."""
CHOSEN: Mapping[str, tuple[Level, Callable[[float], Threshold]]] = {
    "by-hand": ("pixel", manual),
    "from-curve": ("pixel", from_curve),
    "image-by-hand": ("image", manual),
    "image-from-curve": ("image", from_curve),
}
"""Thresholds that a person chose, by level and the names of their rules:
``<value>:<label of the method>``, once for each."""


def _within(kind: type[int] | type[float], low: float, high: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        value = kind(text)
        if not low <= value <= high:
            raise ValueError(text)
        return value

    return read


def _rule_name(text: str) -> str:
    return _one_of(RULES.names())(text)


def _one_of(options: Sequence[str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in options:
            raise ValueError(text)
        return text

    return read


WIDGETS: dict[str, tuple[Any, Callable[[str], Any]]] = {
    widgets.VIEW: ("Heatmaps", str),
    widgets.FILTER: ("All", str),
    widgets.PAGE: (1, _within(int, 1, 100_000)),
    widgets.BANDS: (False, "True".__eq__),
    widgets.RATE_AXIS: ("whole", str),
    widgets.ALL_METRICS: (False, "True".__eq__),
    widgets.POINTS_METHOD: (None, str),
    widgets.CLASSES_RATE: (100 * IMAGE_RATE, _within(float, 0.5, 50)),
    widgets.THRESHOLD_RULE: (DEFAULT_RULE, _rule_name),
    widgets.THRESHOLD_RATE: (100 * DEFAULT_RATE, _within(float, 0, 50)),
    **{
        widgets.processing(name): (0, _within(int, 0, highest))
        for name, highest in PROCESSING_LIMITS.items()
    },
}
"""Widgets that belong to the view by their keys: the first value, and how a text is read.

What other pages read too is checked here; a choice that only its own page reads and does not offer
is passed over there, by `widgets.forget_unless`.
"""


@guarded
def take_up() -> None:
    """Open the comparison that the address names, as it says, unless it is the present one."""
    mine = session()
    token = st.query_params.get(PARAMETER)
    if token is None or (mine.job is not None and mine.job.token == token):
        return
    given = st.query_params.to_dict()
    chosen = [(name, text) for name in CHOSEN for text in st.query_params.get_all(name)]
    st.query_params.clear()
    mine.find(token)
    for key, (_, read) in WIDGETS.items():
        if key in given:
            with suppress(ValueError):
                st.session_state[key] = read(given[key])
    _take_view(mine, given, chosen)


def _take_view(
    mine: Session,
    given: dict[str, str],
    chosen: list[tuple[str, str]],
) -> None:
    assert mine.job is not None
    test = mine.job.data.test
    with suppress(KeyError, ValueError, AnomalyError):
        mine.view.image = image = int(_within(int, 0, len(test) - 1)(given[IMAGE]))
        row, column = map(int, given[PLACE].split(","))
        height, width = test[image].read().shape[:2]
        if 0 <= row < height and 0 <= column < width:
            mine.view.place = row, column
    labels = {variant.label for variant in mine.job.variants}
    for name, text in chosen:
        level, make = CHOSEN[name]
        value, _, label = text.partition(":")
        with suppress(ValueError):
            if label in labels and isfinite(float(value)):
                mine.view.choose(label, level, make(float(value)))


def write() -> None:
    """Put the present comparison and view into the address."""
    mine = session()
    if mine.job is None:
        return
    wanted = dict(_wanted(mine, mine.job))
    if {name: st.query_params.get_all(name) for name in st.query_params} != wanted:
        st.query_params.from_dict(wanted)


def link(mine: Session, job: ComparisonJob) -> str:
    """The present comparison and view as the end of an address."""
    return "?" + urlencode(dict(_wanted(mine, job)), doseq=True)


def _wanted(mine: Session, job: ComparisonJob) -> Iterator[tuple[str, list[str]]]:
    yield PARAMETER, [job.token]
    for key, (first, _) in WIDGETS.items():
        value = st.session_state.get(key, first)
        if value not in (first, None):
            yield key, [str(value)]
    if mine.view.image is not None:
        yield IMAGE, [str(mine.view.image)]
    if mine.view.place:
        yield PLACE, ["{},{}".format(*mine.view.place)]
    for name, (level, make) in CHOSEN.items():
        found = [
            f"{by_level[level].value!r}:{label}"
            for label, by_level in mine.view.thresholds.items()
            if level in by_level and by_level[level].rule.name == make(0.0).rule.name
        ]
        if found:
            yield name, found
