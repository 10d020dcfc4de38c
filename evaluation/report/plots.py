"""Plots of calibration and of how images separate, and what all plots share of a method."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import binom

from evaluation.assessment import Assessment
from evaluation.decisions.rules.working_points import WorkingPoint
from evaluation.decisions.thresholds import Level, Quantity
from evaluation.metrics.separation import Separation
from evaluation.report.palette import GROUP_LOOKS
from images.words import count, percent
from methods.lazy import lazily

if TYPE_CHECKING:
    from plotly import graph_objects
else:
    graph_objects = lazily("plotly.graph_objects")

DASHES = ("solid", "dash", "dot", "dashdot")
"""Lines that lie on each other are told apart by these too."""

TARGET_RANGE = (0.001, 1.0)
"""Rates that the calibration plot shows."""


def dash_of(index: int) -> str:
    """The line style of the method at a place in its comparison."""
    return DASHES[index % len(DASHES)]


@dataclass(frozen=True)
class PlottedMethod:
    """A method as a line in a plot."""

    assessment: Assessment
    colour: str
    threshold: float | None = None
    """Where its marker lies; None for no marker."""


QUANTITY_TITLES: Mapping[Quantity, str] = {
    "max": "d_max: highest distance in an image",
    "mean": "d_mean: mean distance in an image",
}


def separation_figure(separation: Separation) -> "graph_objects.Figure":
    """Every test image by its two distances, and the six thresholds as lines."""
    figure = graph_objects.Figure()
    for group, truth in (("normal", False), ("defective", True), ("not known", None)):
        chosen = [at for at, label in enumerate(separation.labels) if label is truth]
        if not chosen:
            continue
        colour, symbol = GROUP_LOOKS[group]
        figure.add_scatter(
            x=separation.quantities["max"][chosen],
            y=separation.quantities["mean"][chosen],
            text=[escape(separation.names[at]) for at in chosen],
            mode="markers",
            name=group,
            marker={"color": colour, "symbol": symbol, "size": 9, "opacity": 0.85},
            hovertemplate="%{text}<br>d_max %{x:.4g}, d_mean %{y:.4g}",
        )
    for at, point in enumerate(separation.points):
        _draw_threshold(figure, point, at % 3)
    figure.update_layout(
        title={"text": f"Distance from normal: {escape(separation.title)}"},
        xaxis={"title": QUANTITY_TITLES["max"]},
        yaxis={"title": QUANTITY_TITLES["mean"]},
        legend={"orientation": "h", "y": -0.22, "yanchor": "top", "x": 0},
        height=480,
        margin={"l": 10, "r": 80, "t": 100, "b": 10},
    )
    return figure


def calibration_figure(level: Level, methods: Sequence[PlottedMethod]) -> "graph_objects.Figure":
    """The found false positive rate of good test images against the target rate, both logarithmic.

    The grey band is where 95 % of found rates of images lie when a method holds its target, with
    so many good images. A rate of nothing is drawn at the lower edge.
    """
    figure = graph_objects.Figure()
    rates = [
        [rate for rate in method.assessment.found_rates if rate.level == level]
        for method in methods
    ]
    images = max((rate.images for each in rates for rate in each), default=0)
    targets = np.geomspace(TARGET_RANGE[0], TARGET_RANGE[1], 60)
    if level == "image" and images:
        low, high = (binom.ppf(q, images, targets) / images for q in (0.025, 0.975))
        figure.add_scatter(
            x=np.concatenate([targets, targets[::-1]]),
            y=np.concatenate([high, low[::-1]]).clip(TARGET_RANGE[0]),
            mode="lines",
            line={"width": 0},
            fill="toself",
            fillcolor="rgba(128, 128, 128, 0.2)",
            name=f"95 % range for {count(images, 'image')}",
            hoverinfo="skip",
        )
    figure.add_scatter(
        x=TARGET_RANGE,
        y=TARGET_RANGE,
        mode="lines",
        line={"color": "#888888", "width": 1, "dash": "dot"},
        name="measured = target",
        hoverinfo="skip",
    )
    for at, (method, found) in enumerate(zip(methods, rates, strict=True)):
        values = np.array([rate.found for rate in found])
        figure.add_scatter(
            x=[rate.target for rate in found],
            y=values.clip(TARGET_RANGE[0]),
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [rate.high - rate.found for rate in found],
                "arrayminus": [rate.found - rate.low for rate in found],
                "thickness": 1,
            },
            customdata=[
                f"target {percent(one.target, 1)}, found {percent(one.found, 2)}" for one in found
            ],
            mode="lines+markers",
            name=plotted_name(method.assessment),
            line={"color": method.colour, "width": 2, "dash": dash_of(at)},
            hovertemplate="%{customdata}",
        )
    axis = {"type": "log", "range": [float(np.log10(each)) for each in TARGET_RANGE]}
    ticks = {"tickvals": [0.001, 0.01, 0.1, 1.0], "ticktext": ["0.1 %", "1 %", "10 %", "100 %"]}
    figure.update_layout(
        title={"text": f"Calibration, {level}s"},
        xaxis={"title": "Target false positive rate", **axis, **ticks},
        yaxis={"title": f"Measured on good test {level}s", **axis, **ticks},
        legend={"orientation": "h", "y": -0.22, "yanchor": "top", "x": 0},
        height=480,
        margin={"l": 10, "r": 10, "t": 50, "b": 10},
    )
    return figure


def _draw_threshold(figure: "graph_objects.Figure", point: WorkingPoint, rank: int) -> None:
    """A line at a threshold, with its name in the margin; `rank` keeps names apart."""
    line = {"color": "#888888", "width": 1.5, "dash": DASHES[rank]}
    name = {"text": point.name, "showarrow": False, "font": {"size": 12}}
    if point.quantity == "max":
        figure.add_vline(x=point.threshold, line=line)
        place = {"x": point.threshold, "y": 1.0, "yref": "paper", "yanchor": "bottom"}
        figure.add_annotation(**name, **place, yshift=14 * rank)
    else:
        figure.add_hline(y=point.threshold, line=line)
        place = {"y": point.threshold, "x": 1.0, "xref": "paper", "xanchor": "left"}
        figure.add_annotation(**name, **place, xshift=2 + 22 * rank)


def plotted_name(assessment: Assessment) -> str:
    """The label as plotly shows it; plotly reads tags in texts."""
    return escape(assessment.result.variant.label)
