"""Variants of methods: the parameters in which they differ, and accuracy against cost."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from evaluation.report.plots import PlottedMethod, plotted_name
from methods.lazy import lazily
from methods.parameters import as_text
from methods.registry import get

if TYPE_CHECKING:
    from plotly import graph_objects
else:
    graph_objects = lazily("plotly.graph_objects")


def differing(variants: Sequence[tuple[str, Mapping[str, Any]]]) -> list[dict[str, str]]:
    """For each variant, a detector with its parameters, those in which it differs from others.

    Parameters are compared among variants of one detector, and named by their titles.
    """
    by_detector: dict[str, list[Mapping[str, Any]]] = {}
    for detector, params in variants:
        by_detector.setdefault(detector, []).append(params)
    rows = []
    for detector, params in variants:
        others = by_detector[detector]
        fields = get(detector).Params.model_fields
        rows.append(
            {
                fields[name].title or name: as_text(params[name])
                for name in fields
                if name in params and any(other.get(name) != params[name] for other in others)
            }
        )
    return rows


def pareto(costs: Sequence[float], values: Sequence[float]) -> list[int]:
    """Which items no other beats: none is both as cheap and better, or cheaper and as good.

    Cheapest first.
    """
    order = sorted(range(len(costs)), key=lambda at: (costs[at], -values[at]))
    front: list[int] = []
    for at in order:
        if not front or values[at] > values[front[-1]]:
            front.append(at)
    return front


def cost_figure(
    methods: Sequence[PlottedMethod], measure: str, title: str
) -> "graph_objects.Figure":
    """A metric over the inference time, with the line of methods that no other beats.

    Methods for which the metric has no value are left out.
    """
    shown = [
        (one, value, one.assessment.result.score_seconds_per_image)
        for one in methods
        if (value := one.assessment.metrics.values[measure]) is not None
    ]
    figure = graph_objects.Figure()
    front = pareto([cost for _, _, cost in shown], [value for _, value, _ in shown])
    figure.add_scatter(
        x=[shown[at][2] for at in front],
        y=[shown[at][1] for at in front],
        mode="lines",
        line={"color": "#888888", "dash": "dot", "width": 1.5, "shape": "hv"},
        name="best for its cost",
        hoverinfo="skip",
    )
    for one, value, cost in shown:
        figure.add_scatter(
            x=[cost],
            y=[value],
            mode="markers+text",
            text=[plotted_name(one.assessment)],
            textposition="top center",
            name=plotted_name(one.assessment),
            marker={"color": one.colour, "size": 12},
            hovertemplate=f"{title} %{{y:.3f}}<br>%{{x:.3g}} s per image",
            showlegend=False,
        )
    figure.update_layout(
        title={"text": f"{title} against cost"},
        xaxis={"title": "Inference, seconds per image", "type": "log"},
        yaxis={"title": title},
        legend={"orientation": "h", "y": -0.22, "yanchor": "top", "x": 0},
        height=480,
        margin={"l": 10, "r": 10, "t": 50, "b": 10},
    )
    return figure
