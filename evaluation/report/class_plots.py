"""Plots of open set recognition: what is recognised as what, scores, OSCR, logits in a plane."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from evaluation.assessment import Assessment
from evaluation.decisions.calibration import IMAGE_RATE
from evaluation.metrics.curves import Scores
from evaluation.metrics.open_set import Recognised, confusion, oscr_curve, plane_of
from evaluation.report.class_table import image_threshold
from evaluation.report.palette import GROUP_LOOKS, METHOD_COLOURS
from evaluation.report.plots import DASHES, PlottedMethod
from methods.lazy import lazily

if TYPE_CHECKING:
    from plotly import graph_objects
else:
    graph_objects = lazily("plotly.graph_objects")

BINS = 40
SYMBOLS = ("circle", "square", "triangle-up", "star")
MARGIN = {"l": 10, "r": 10, "t": 50, "b": 10}
LEGEND = {"orientation": "h", "y": -0.22, "yanchor": "top", "x": 0}


def class_figures(assessment: Assessment, rate: float = IMAGE_RATE) -> "list[graph_objects.Figure]":
    """All plots of one method, with the threshold for a target rate; none without classes."""
    recognised = assessment.recognised
    if recognised is None or not len(recognised.truth):
        return []
    threshold = image_threshold(assessment, rate)
    return [
        confusion_figure(recognised),
        class_scores_figure(recognised, assessment.normal_image_scores, threshold),
        plane_figure(recognised),
    ]


def confusion_figure(recognised: Recognised) -> "graph_objects.Figure":
    """Known test images by their class and the class that they are recognised as."""
    counts = confusion(recognised)
    totals = counts.sum(axis=1, keepdims=True).clip(1)
    names = [escape(name) for name in recognised.classes]
    figure = graph_objects.Figure()
    figure.add_heatmap(
        z=counts / totals,
        x=names,
        y=names,
        text=[[str(count) if count else "" for count in row] for row in counts.tolist()],
        customdata=counts,
        texttemplate="%{text}",
        colorscale="Blues",
        zmin=0,
        zmax=1,
        showscale=False,
        xgap=1,
        ygap=1,
        hovertemplate="%{customdata} images of %{y} recognised as %{x}<extra></extra>",
    )
    figure.update_layout(
        title={"text": "Known test images"},
        xaxis={"title": "Recognised as", "type": "category"},
        yaxis={"title": "Class", "type": "category", "autorange": "reversed"},
        height=420,
        margin=MARGIN,
    )
    return figure


def class_scores_figure(
    recognised: Recognised, held_out: Scores, threshold: float
) -> "graph_objects.Figure":
    """Histograms of the scores of held-out normal, known and unknown images, as shares of each."""
    unknown = recognised.unknown
    groups = {
        "held-out normal": held_out,
        "normal": recognised.scores[~unknown],
        "defective": recognised.scores[unknown],
    }
    titles = {"normal": "known classes", "defective": "unknown classes"}
    edges = np.histogram_bin_edges(np.concatenate(list(groups.values())), BINS)
    figure = graph_objects.Figure()
    for name, scores in groups.items():
        if not len(scores):
            continue
        counts, _ = np.histogram(scores, edges)
        figure.add_bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=100 * counts / len(scores),
            width=np.diff(edges),
            name=titles.get(name, name),
            marker={"color": GROUP_LOOKS[name][0], "line": {"width": 0}},
            opacity=0.55,
            hovertemplate="score %{x:.3g}: %{y:.1f} %",
        )
    figure.add_vline(x=threshold, line={"color": "#444444", "width": 2})
    figure.add_annotation(
        x=threshold, y=1.0, yref="paper", yanchor="bottom", text="threshold", showarrow=False
    )
    figure.update_layout(
        title={"text": "Image scores"},
        barmode="overlay",
        bargap=0,
        xaxis={"title": "Score of an image"},
        yaxis={"title": "Share of the group", "ticksuffix": " %"},
        height=420,
        legend=LEGEND,
        margin=MARGIN,
    )
    return figure


def oscr_figure(methods: Sequence[PlottedMethod]) -> "graph_objects.Figure":
    """The OSCR curves of the methods that recognise classes; raises `Undefined`."""
    figure = graph_objects.Figure()
    for at, method in enumerate(methods):
        recognised = method.assessment.recognised
        if recognised is None:
            continue
        line = oscr_curve(recognised)
        label = escape(method.assessment.result.variant.label)
        figure.add_scatter(
            x=line.x,
            y=line.y,
            customdata=line.thresholds,
            mode="lines",
            name=f"{label} ({line.area():.3f})",
            line={"color": method.colour, "width": 2.5, "dash": DASHES[at // 8 % len(DASHES)]},
            hovertemplate="%{x:.3f}, %{y:.3f}<br>threshold %{customdata:.4g}",
        )
    figure.update_layout(
        title={"text": "OSCR"},
        xaxis={"title": "Unknown images taken for known", "range": [-0.02, 1.02]},
        yaxis={"title": "Known images recognised and accepted", "range": [-0.02, 1.03]},
        showlegend=True,
        legend=LEGEND,
        height=420,
        margin=MARGIN,
    )
    return figure


def plane_figure(recognised: Recognised) -> "graph_objects.Figure":
    """The test images by their logits, in a colour for each known class; crosses are unknown."""
    plane = plane_of(recognised)
    figure = graph_objects.Figure()
    for at, name in enumerate(recognised.classes):
        look = {
            "color": METHOD_COLOURS[at % len(METHOD_COLOURS)],
            "symbol": SYMBOLS[at // len(METHOD_COLOURS) % len(SYMBOLS)],
        }
        _add_points(figure, recognised, plane.points, recognised.truth == at, name, look)
    cross = {"color": "#222222", "symbol": "x-thin", "line": {"width": 1.5, "color": "#222222"}}
    _add_points(figure, recognised, plane.points, recognised.unknown, "unknown classes", cross)
    figure.update_layout(
        title={"text": "Logits"},
        xaxis={"title": plane.titles[0]},
        yaxis={"title": plane.titles[1]},
        height=420,
        legend={"x": 1.02, "y": 1},
        margin=MARGIN,
    )
    return figure


def _add_points(
    figure: "graph_objects.Figure",
    recognised: Recognised,
    points: NDArray[np.float64],
    chosen: NDArray[np.bool_],
    name: str,
    look: Mapping[str, object],
) -> None:
    if chosen.any():
        figure.add_scatter(
            x=points[chosen, 0],
            y=points[chosen, 1],
            text=[escape(recognised.names[at]) for at in np.flatnonzero(chosen)],
            mode="markers",
            name=escape(name),
            marker={"size": 8, "opacity": 0.8, **look},
            hovertemplate="%{text}<br>%{x:.3g}, %{y:.3g}",
        )
