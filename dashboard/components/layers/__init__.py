"""The browser's part that draws images and heatmaps on linked canvases.

It sees pictures of score levels, not of colours, and does colours, opacity, contours, zoom and
thresholds by itself; see `layers.js`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard.components.front_end import front_end
from evaluation.decisions.thresholds import Level
from evaluation.report.palette import COLOUR_MAPS, hex_colours

LEGEND = ("normal", "threshold", "defect")


@dataclass(frozen=True)
class MethodLayer:
    """A column of heatmaps."""

    label: str
    colour: str
    levels: Sequence[float]
    """The score that each level of a picture stands for, rising."""
    low: float
    """The score at the start of the colours."""
    threshold: float
    image_threshold: float
    """An image with this score or a higher one is flagged."""
    image_levels: Sequence[float] = ()
    """The thresholds of images that the slider offers, rising; empty where it moves that of pixels
    alone."""


@dataclass(frozen=True)
class PictureRow:
    """One image with its mask and heatmaps, by the addresses of the pictures."""

    index: int
    name: str
    note: str
    """What is known about the image: its kind."""
    size: tuple[int, int]
    """Width and height of the image itself, pixels."""
    image: str
    mask: str | None
    scores: Sequence[str]
    mark: tuple[int, int] | None = None
    """Row and column of a place that is marked."""
    counted: str | None = None
    """The region of interest; None for all pixels."""
    decisions: Sequence[str] = ()
    """Masks decided at the thresholds, for each method; empty where the scores tell them."""
    defective: bool | None = None
    """Whether the image is defective; None when that is unknown."""
    image_scores: Sequence[float] = ()
    """The score of the image by each method."""
    marked: Sequence[tuple[float, bool]] = ()
    """What each method marks at its threshold: see `marked_share`; empty where only the pictures
    tell it."""


def layers(
    methods: Sequence[MethodLayer],
    rows: Sequence[PictureRow],
    *,
    key: str,
    on_thresholds: Callable[[], None],
    on_picked: Callable[[], None],
    stacked: bool = False,
    layer: str = "Image",
) -> None:
    """Draw rows of images and heatmaps.

    With `stacked` one picture is seen at a time, the one called `layer` at first, and keys switch
    between them. Callbacks find the
    thresholds set manually with `moved_thresholds` and the place that was pressed with
    `picked_place`.
    """
    files = front_end("layers")
    component = st.components.v2.component(
        "layers", html=files["html"], css=files["css"], js=files["js"]
    )
    component(
        key=key,
        data={
            "methods": [vars(method) for method in methods],
            "rows": [vars(row) for row in rows],
            "colours": {name: hex_colours(name) for name in COLOUR_MAPS},
            "legend": LEGEND,
            "stacked": stacked,
            "layer": layer,
        },
        on_thresholds_change=on_thresholds,
        on_picked_change=on_picked,
    )


def moved_thresholds(key: str) -> Mapping[str, Mapping[Level, float]]:
    """Inside the callback: the thresholds of every method, by its label."""
    return _value(key, "thresholds") or {}


@dataclass(frozen=True)
class Picked:
    """A place that was pressed."""

    image: int
    """The number of the image."""
    place: tuple[int, int]
    """Row and column."""
    layer: str
    """The label of the method, or the title of the other column."""


def picked_place(key: str) -> Picked | None:
    """Inside the callback: what was pressed."""
    value = _value(key, "picked")
    if value is None:
        return None
    return Picked(int(value["row"]), (int(value["y"]), int(value["x"])), str(value["layer"]))


def _value(key: str, name: str) -> Any:
    return st.session_state[key].get(name)
