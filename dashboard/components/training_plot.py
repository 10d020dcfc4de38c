"""The plot of how the loss of a network falls while it is trained."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from methods.lazy import lazily
from methods.training.curve import Points, TrainingCurve

if TYPE_CHECKING:
    from plotly import graph_objects
else:
    graph_objects = lazily("plotly.graph_objects")

LIVE_HEIGHT = 160
"""Of the plot of a training that runs, pixels."""
BEST = "best"
FAINT, STRONG = 0.35, 1.0
"""Opacity of the curves of folds beside that of the fit on all normal images, and of any other."""


def training_figure(
    curves: Sequence[TrainingCurve], colour: str, *, height: int, title: str = ""
) -> "graph_objects.Figure":
    """Training and held-out loss against the step, with the best step marked.

    Several curves are those of one network, on all normal images and in folds, whose numbers are
    read where the mouse rests. Folds are faint beside a fit on all images.
    """
    figure = graph_objects.Figure()
    whole = any(curve.fold is None for curve in curves)
    for at, curve in enumerate(curves):
        opacity = FAINT if whole and curve.fold is not None else STRONG
        _add_curve(figure, curve, colour, opacity, legend=at == 0)
    # The steps still to come have their place from the start, so that the axis stands still.
    last = max(curve.steps for curve in curves)
    figure.update_layout(
        title={"text": title},
        xaxis={"title": "Step", "range": [0, 1.02 * last]},
        yaxis={"title": "Loss"},
        height=height,
        margin={"l": 10, "r": 10, "t": 40 if title else 10, "b": 10},
        legend={"y": 1, "yanchor": "top", "x": 1, "xanchor": "right"},
    )
    return figure


def live_figure(curves: Sequence[TrainingCurve], colour: str) -> "graph_objects.Figure":
    """The same for a narrow place, while the training runs."""
    figure = training_figure(curves, colour, height=LIVE_HEIGHT)
    figure.update_layout(
        xaxis={"title": None},
        yaxis={"title": None},
        legend={"font": {"size": 10}, "itemwidth": 30},
        font={"size": 10},
    )
    figure.update_traces(marker={"size": 9}, selector={"name": BEST})
    return figure


def _add_curve(
    figure: "graph_objects.Figure",
    curve: TrainingCurve,
    colour: str,
    opacity: float,
    *,
    legend: bool,
) -> None:
    where = "" if curve.fold is None else f"fold {curve.fold}, "
    hover = f"{where}step %{{x}}: %{{y:.4g}}<extra></extra>"

    def add(name: str, points: Points, mode: str, **looks: object) -> None:
        figure.add_scatter(
            x=[step for step, _ in points],
            y=[loss for _, loss in points],
            mode=mode,
            name=name,
            legendgroup=name,
            showlegend=legend,
            opacity=opacity,
            hovertemplate=hover,
            **looks,
        )

    add("training", curve.losses, "lines", line={"color": "#8a8a8a", "width": 1})
    line = {"color": colour, "width": 2}
    add("held-out", curve.held_out, "lines+markers", line=line, marker={"size": 4})
    best = () if curve.best is None else (curve.best,)
    star = {"color": colour, "size": 12, "symbol": "star", "line": {"color": "black", "width": 1}}
    add(BEST, best, "markers", marker=star)
    for step in curve.continued_at if curve.fold is None else ():
        figure.add_vline(x=step, line={"color": "#8a8a8a", "width": 1, "dash": "dot"})


def by_network(curves: Sequence[TrainingCurve]) -> list[tuple[TrainingCurve, ...]]:
    """The curves of each network of a detector together: of the fit, then of the folds.

    The networks of all fits are trained in the same order.
    """
    fits: dict[int | None, list[TrainingCurve]] = {}
    for curve in curves:
        fits.setdefault(curve.fold, []).append(curve)
    ordered = [fits[fold] for fold in sorted(fits, key=lambda fold: fold or 0)]
    most = max(map(len, ordered), default=0)
    return [tuple(fit[at] for fit in ordered if at < len(fit)) for at in range(most)]
