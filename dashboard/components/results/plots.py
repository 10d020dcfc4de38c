"""Plots of image scores and of patches. Every number in them comes from `evaluation`."""

from typing import TYPE_CHECKING

import numpy as np

from dashboard.components.results.shown_methods import ShownMethod
from evaluation.report.palette import GROUP_LOOKS
from methods.detector import Cloud
from methods.lazy import lazily

if TYPE_CHECKING:
    from plotly import graph_objects
else:
    graph_objects = lazily("plotly.graph_objects")


def image_scores(method: ShownMethod) -> "graph_objects.Figure":
    """Where the scores of held-out normal, normal and defective test images lie."""
    assessment = method.assessment
    groups = {
        "held-out normal": assessment.normal_image_scores,
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
    figure = graph_objects.Figure()
    for name, scores in groups.items():
        if not len(scores):
            continue
        colour, symbol = GROUP_LOOKS[name]
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
    figure.add_vline(x=method.image_threshold, line={"color": method.colour, "width": 2})
    figure.add_annotation(
        x=method.image_threshold,
        y=1.0,
        yref="paper",
        yanchor="bottom",
        text="threshold of images",
        showarrow=False,
    )
    figure.update_layout(
        title={"text": method.label},
        xaxis={"title": f"Score of an image ({assessment.image_score_text})"},
        height=280,
        margin={"l": 10, "r": 10, "t": 60, "b": 10},
    )
    return figure


def cloud(method: ShownMethod, points: Cloud) -> "graph_objects.Figure":
    """Where a patch lies among normal ones in two quantities."""
    figure = graph_objects.Figure()
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
