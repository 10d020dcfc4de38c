"""Plots of ROC, PRO and precision-recall curves; their numbers come from elsewhere."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from evaluation.assessment import Assessment
from evaluation.decisions.thresholds import Level
from evaluation.metrics.curves import Curve
from evaluation.report.palette import channels
from evaluation.report.plots import PlottedMethod, dash_of, plotted_name
from methods.lazy import lazily

if TYPE_CHECKING:
    from plotly import graph_objects
else:
    graph_objects = lazily("plotly.graph_objects")

CurveKind = Literal["ROC", "Precision and recall", "PRO"]
RateAxis = Literal["whole", "low rates", "logarithmic"]
"""How the axis of the false positive rate is drawn: to 1, to `CORNER`, or to 1 in powers of ten."""
RATE_AXES: tuple[RateAxis, ...] = get_args(RateAxis)
CORNER = 0.1

CURVES: tuple[tuple[CurveKind, Level], ...] = (
    ("ROC", "pixel"),
    ("ROC", "image"),
    ("PRO", "pixel"),
    ("Precision and recall", "pixel"),
    ("Precision and recall", "image"),
)
"""All curves, in the order in which they are shown."""

AXES: Mapping[CurveKind, tuple[str, str]] = {
    "ROC": ("False positive rate", "True positive rate"),
    "Precision and recall": ("Recall", "Precision"),
    "PRO": ("False positive rate of pixels", "Mean overlap with defect regions"),
}
HOVER: Mapping[CurveKind, str] = {
    "ROC": "TPR %{y:.3f}: %{customdata[1]:d} of POSITIVES<br>FPR %{x:.4f}: %{customdata[2]:d} of "
    "NEGATIVES<br>threshold %{customdata[0]:.4g}",
    "Precision and recall": "precision %{y:.3f}<br>recall %{x:.3f}: %{customdata[1]:d} of "
    "POSITIVES<br>threshold %{customdata[0]:.4g}",
    "PRO": "overlap %{y:.3f}<br>FPR %{x:.4f}: %{customdata[2]:d} of NEGATIVES"
    "<br>threshold %{customdata[0]:.4g}",
}
"""What is told of a point; the words in capitals are numbers of items."""
SEEN = 200
"""Points of a curve that is plotted; a browser is slow with many."""
LOWEST_RATE = 1e-5
"""Where a logarithmic axis begins at the least."""


def curve_figure(
    kind: CurveKind,
    level: Level,
    methods: Sequence[PlottedMethod],
    *,
    bands: bool = False,
    axis: RateAxis = "whole",
    hidden: Collection[int] | None = None,
) -> "graph_objects.Figure":
    """The curves of all methods, with the point of each at its threshold.

    With `bands`, ROC curves have a band in which 95 % of the draws of other images lie. A
    logarithmic axis begins at half an item, where rates of 0 are drawn. The methods at the places
    `hidden` stand in the legend alone; None lets a press on the legend hide them, for which each
    point has to be drawn apart, which takes a browser twice as long. Raises `Undefined` where no
    method has such a curve.
    """
    whole = [curve_of(kind, level, method.assessment) for method in methods]
    lowest = 0.0
    if axis == "logarithmic" and kind != "Precision and recall":
        lowest = max(LOWEST_RATE, 0.5 / methods[0].assessment.items[level][1])
        whole = [replace(line, x=line.x.clip(lowest)) for line in whole]
    figure = graph_objects.Figure()
    if kind == "ROC":
        chance = np.geomspace(lowest, 1, 60) if lowest else np.array([0.0, 1.0])
        figure.add_scatter(
            x=chance,
            y=chance,
            mode="lines",
            line={"color": "#888888", "width": 1, "dash": "dot"},
            name="chance",
            hoverinfo="skip",
        )
    places: list[_Place] = []
    for at, (line, method) in enumerate(zip(map(seen, whole), methods, strict=True)):
        shown = hidden is None or at not in hidden
        if bands and kind == "ROC" and shown:
            _shade(figure, level, method, str(at))
        figure.add_scatter(
            x=line.x,
            y=line.y,
            customdata=_hovered(kind, level, method.assessment, line),
            mode="lines",
            name=_legend(kind, level, method.assessment),
            legendgroup=str(at),
            line={"color": method.colour, "width": 2.5, "dash": dash_of(at)},
            hovertemplate=_hover_text(kind, level, method.assessment),
            visible=True if shown else "legendonly",
        )
        if method.threshold is not None and shown:
            places.append(_Place(at, method, *_place(kind, level, whole[at], method, lowest)))
    if hidden is None:
        for place in places:
            _mark(figure, [place])
    elif places:
        _mark(figure, places)
    across, up = AXES[kind]
    x_axis, y_axis = _ranges(kind, axis, lowest)
    figure.update_layout(
        title={"text": kind if kind == "PRO" else f"{kind}, {level}s"},
        xaxis={"title": across, **x_axis},
        yaxis={"title": up, **y_axis},
        legend={"orientation": "h", "y": -0.22, "yanchor": "top", "x": 0},
        height=480,
        margin={"l": 10, "r": 10, "t": 50, "b": 10},
    )
    return figure


def seen(line: Curve) -> Curve:
    """At most `SEEN` points of a curve, as far from each other as evenly as they can be.

    Half of the way is measured on an axis to 1 and half on one in powers of ten, so that a curve
    looks the same as with all its points on either.
    """
    if len(line.x) <= SEEN:
        return line
    powers = np.log10(line.x.clip(LOWEST_RATE)) / -np.log10(LOWEST_RATE)
    steps = np.hypot(np.diff(line.x), np.diff(line.y)) + np.hypot(np.diff(powers), np.diff(line.y))
    along = np.concatenate([[0.0], np.cumsum(steps)])
    kept = np.searchsorted(along, np.linspace(0, along[-1], SEEN - 1))
    kept = np.unique([*kept, len(along) - 1])
    return Curve(line.x[kept], line.y[kept], line.thresholds[kept])


def _ranges(kind: CurveKind, axis: RateAxis, lowest: float) -> tuple[dict[str, Any], ...]:
    """Type and range of both axes."""
    whole, up = {"range": [-0.02, 1.02]}, {"range": [-0.02, 1.03]}
    if kind == "Precision and recall" or axis == "whole":
        return whole, up
    if axis == "low rates":
        return {"range": [-0.02 * CORNER, CORNER]}, up
    powers = {"type": "log", "dtick": 1, "exponentformat": "power", "showexponent": "all"}
    return {**powers, "range": [float(np.log10(lowest)), 0.02]}, up


def _hover_text(kind: CurveKind, level: Level, assessment: Assessment) -> str:
    positives, negatives = assessment.items[level]
    text = HOVER[kind].replace("POSITIVES", f"{positives:,} defective {level}s")
    return text.replace("NEGATIVES", f"{negatives:,} normal {level}s")


def _hovered(
    kind: CurveKind, level: Level, assessment: Assessment, line: Curve
) -> NDArray[np.float64]:
    """For each point (n, 3): its threshold, and how many items are found and wrongly flagged.

    The first column is what a person takes who presses a point.
    """
    positives, negatives = assessment.items[level]
    found = line.y if kind == "ROC" else line.x
    flagged = np.zeros(len(line.x)) if kind == "Precision and recall" else line.x
    return np.stack(
        [
            line.thresholds.astype(np.float64),
            np.rint(found * positives),
            np.rint(flagged * negatives),
        ],
        axis=1,
    )


def curve_of(kind: CurveKind, level: Level, assessment: Assessment) -> Curve:
    """One curve; raises `Undefined` where it has none."""
    if kind == "ROC":
        return assessment.roc(level)
    if kind == "PRO":
        return assessment.pro()
    return assessment.precision_recall(level)


def _shade(figure: "graph_objects.Figure", level: Level, method: PlottedMethod, group: str) -> None:
    band = method.assessment.resampled.roc_bands.get(level)
    if band is None:
        return
    red, green, blue = channels(method.colour)
    figure.add_scatter(
        x=np.concatenate([band.x, band.x[::-1]]),
        y=np.concatenate([band.high, band.low[::-1]]),
        mode="lines",
        line={"width": 0},
        fill="toself",
        fillcolor=f"rgba({red}, {green}, {blue}, 0.12)",
        legendgroup=group,
        showlegend=False,
        hoverinfo="skip",
    )


def _place(
    kind: CurveKind, level: Level, line: Curve, method: PlottedMethod, lowest: float
) -> tuple[float, float]:
    """Where the threshold of a method lies: of images exactly, of pixels at the next point above.

    A curve has points at the scores of defective items alone. Few images lie far apart, so that
    false alarms between two points would be missed; pixels do not.
    """
    assert method.threshold is not None
    at = max(0, int(np.searchsorted(-line.thresholds, -method.threshold, side="right")) - 1)
    x, y = float(line.x[at]), float(line.y[at])
    if level == "pixel":
        return x, y
    decided = method.assessment.confusion(method.threshold, "image")
    found, alarms = decided.true_positive_rate, decided.false_positive_rate
    if kind == "ROC" and found is not None and alarms is not None:
        return max(alarms, lowest), found
    if found is not None and decided.precision is not None:
        return found, decided.precision
    return x, y


@dataclass(frozen=True)
class _Place:
    """The point of a method at its threshold."""

    at: int
    """Place of the method."""
    method: PlottedMethod
    x: float
    y: float

    @property
    def text(self) -> str:
        name = plotted_name(self.method.assessment)
        return f"{name}: at its threshold<br>threshold {self.method.threshold:.4g}"


def _mark(figure: "graph_objects.Figure", places: Sequence[_Place]) -> None:
    """The points of some methods as one trace, which is hidden with the method if it is of one."""
    figure.add_scatter(
        x=[place.x for place in places],
        y=[place.y for place in places],
        text=[place.text for place in places],
        mode="markers",
        legendgroup=str(places[0].at) if len(places) == 1 else None,
        showlegend=False,
        marker={
            "color": [place.method.colour for place in places],
            "size": 11,
            "line": {"color": "white", "width": 1.5},
        },
        hovertemplate="%{text}<br>%{x:.3f}, %{y:.3f}<extra></extra>",
    )


def _legend(kind: CurveKind, level: Level, assessment: Assessment) -> str:
    measure = {
        "ROC": f"{level}_auroc",
        "Precision and recall": f"{level}_average_precision",
        "PRO": "aupro",
    }[kind]
    value = assessment.metrics.values[measure]
    name = plotted_name(assessment)
    return name if value is None else f"{name} ({value:.3f})"
