"""Plotly figures of curves and scores. Every number in them comes from `evaluation`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from dashboard.shown_methods import ShownMethod
from evaluation.assessment import Assessment
from evaluation.curves import Curve
from evaluation.thresholds import Level
from methods.detector import Cloud

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

CurveKind = Literal["ROC", "Precision and recall", "PRO"]
DASHES = ("solid", "dash", "dot", "dashdot")
"""Lines that lie on each other are told apart by these too."""


def curves(kind: CurveKind, level: Level, methods: Sequence[ShownMethod]) -> "Figure":
    """The curves of all methods, with the point of each at its threshold.

    Raises `Undefined` where no method has such a curve.
    """
    from plotly.graph_objects import Figure

    lines = [curve(kind, level, method.assessment) for method in methods]
    figure = Figure()
    if kind == "ROC":
        figure.add_scatter(
            x=[0, 1],
            y=[0, 1],
            mode="lines",
            line={"color": "#888888", "width": 1, "dash": "dot"},
            name="by chance",
            hoverinfo="skip",
        )
    for at, (line, method) in enumerate(zip(lines, methods, strict=True)):
        figure.add_scatter(
            x=line.x,
            y=line.y,
            customdata=line.thresholds,
            mode="lines",
            name=_legend(kind, level, method.assessment),
            legendgroup=str(at),
            line={"color": method.colour, "width": 2.5, "dash": DASHES[at // 8 % len(DASHES)]},
            hovertemplate="%{x:.3f}, %{y:.3f}<br>threshold %{customdata:.4g}",
        )
        x, y = _point_at(line, method.threshold)
        figure.add_scatter(
            x=[x],
            y=[y],
            mode="markers",
            name=f"{method.label}: at its threshold",
            legendgroup=str(at),
            showlegend=False,
            marker={
                "color": method.colour,
                "size": 11,
                "line": {"color": "white", "width": 1.5},
            },
            hovertemplate=f"threshold {method.threshold:.4g}<br>%{{x:.3f}}, %{{y:.3f}}",
        )
    titles = {
        "ROC": ("False positive rate", "True positive rate"),
        "Precision and recall": ("Recall", "Precision"),
        "PRO": ("False positive rate of pixels", "Mean overlap with defect regions"),
    }[kind]
    heading = kind if kind == "PRO" else f"{kind}, {level}s"
    figure.update_layout(
        title={"text": heading},
        xaxis={"title": titles[0], "range": [-0.02, 1.02]},
        yaxis={"title": titles[1], "range": [-0.02, 1.03]},
        legend={"orientation": "h", "y": -0.22, "yanchor": "top", "x": 0},
        height=480,
        margin={"l": 10, "r": 10, "t": 50, "b": 10},
    )
    return figure


def curve(kind: CurveKind, level: Level, assessment: Assessment) -> Curve:
    """One curve; raises `Undefined` where it has none."""
    if kind == "ROC":
        return assessment.roc(level)
    if kind == "PRO":
        return assessment.pro()
    return assessment.precision_recall(level)


def _legend(kind: CurveKind, level: Level, assessment: Assessment) -> str:
    measure = {
        "ROC": f"{level}_auroc",
        "Precision and recall": f"{level}_average_precision",
        "PRO": "aupro",
    }[kind]
    value = assessment.figures.values[measure]
    label = assessment.result.variant.label
    return label if value is None else f"{label} ({value:.3f})"


def _point_at(line: Curve, threshold: float) -> tuple[float, float]:
    """The point of a curve whose threshold is the lowest at or above the given one."""
    at = int(np.searchsorted(-line.thresholds, -threshold, side="right")) - 1
    return float(line.x[max(at, 0)]), float(line.y[max(at, 0)])


def image_scores(method: ShownMethod) -> "Figure":
    """Where the scores of held-out normal, normal and defective test images lie."""
    from plotly.graph_objects import Figure

    assessment = method.assessment
    groups = {
        "held-out normal": assessment.held_out_image_scores,
        **{
            name: np.array(
                [
                    score
                    for score, label in zip(assessment.image_scores, assessment.labels, strict=True)
                    if label is truth
                ]
            )
            for name, truth in (("normal", False), ("defective", True), ("not known", None))
        },
    }
    looks = {
        "held-out normal": ("#8a8a8a", "circle-open"),
        "normal": ("#0072b2", "circle"),
        "defective": ("#d55e00", "diamond"),
        "not known": ("#8a8a8a", "x"),
    }
    figure = Figure()
    for name, scores in groups.items():
        if not len(scores):
            continue
        colour, symbol = looks[name]
        figure.add_box(
            x=scores,
            name=name,
            boxpoints="all",
            jitter=0.6,
            pointpos=0,
            line={"color": colour, "width": 1},
            fillcolor="rgba(0,0,0,0)",
            marker={"color": colour, "symbol": symbol, "size": 7},
            showlegend=False,
        )
    figure.add_vline(x=method.threshold, line={"color": method.colour, "width": 2})
    figure.add_annotation(
        x=method.threshold, y=1.0, yref="paper", yanchor="bottom", text="threshold", showarrow=False
    )
    figure.update_layout(
        title={"text": method.label},
        xaxis={"title": "Score of an image (highest in its map)"},
        height=280,
        margin={"l": 10, "r": 10, "t": 60, "b": 10},
    )
    return figure


def cloud(method: ShownMethod, points: Cloud) -> "Figure":
    """Where a patch lies among normal ones in two quantities."""
    from plotly.graph_objects import Figure

    figure = Figure()
    figure.add_scattergl(
        x=points.normal[:, 0],
        y=points.normal[:, 1],
        mode="markers",
        name="normal patches",
        marker={"color": "#8a8a8a", "size": 4, "opacity": 0.5},
    )
    figure.add_scatter(
        x=[points.here[0]],
        y=[points.here[1]],
        mode="markers",
        name="here",
        marker={
            "color": method.colour,
            "size": 14,
            "symbol": "star",
            "line": {"color": "black", "width": 1},
        },
    )
    figure.update_layout(
        title={"text": "Among normal patches"},
        xaxis={"title": points.x_title},
        yaxis={"title": points.y_title},
        height=320,
        margin={"l": 10, "r": 10, "t": 50, "b": 10},
        legend={"orientation": "h", "y": -0.3, "yanchor": "top", "x": 0},
    )
    return figure
