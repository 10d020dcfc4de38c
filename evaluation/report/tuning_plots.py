"""Plots of a search: the metric against the trial, the importance of parameters, their slices."""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from evaluation.tuning.result import MethodTuning, TrialFound
from evaluation.tuning.space import searched
from images.words import percent
from methods.lazy import lazily
from methods.registry import get
from methods.search import Choices, Range

if TYPE_CHECKING:
    from plotly import graph_objects
else:
    graph_objects = lazily("plotly.graph_objects")

GREY = "#8a8a8a"
DEFAULT_SYMBOL, TRIAL_SYMBOL, PRUNED_SYMBOL, BEST_SYMBOL = (
    "diamond",
    "circle",
    "circle-open",
    "star",
)
SLICE_HEIGHT = 280


def history_figure(tuning: MethodTuning, metric: str, colour: str) -> "graph_objects.Figure":
    """The metric of every trial, and the best value so far as a line.

    `metric` is its title. Trials that were stopped early show their value on a part of the images.
    """
    figure = graph_objects.Figure()
    complete = [trial for trial in tuning.trials if trial.state == "complete"]
    best: list[float] = []
    for trial in complete:
        assert trial.value is not None
        best.append(max([trial.value, *best[-1:]]))
    figure.add_scatter(
        x=[trial.number for trial in complete],
        y=best,
        mode="lines",
        line={"color": colour, "width": 2, "shape": "hv"},
        name="best so far",
        hoverinfo="skip",
    )
    default = tuning.default
    if default is not None and default.value is not None:
        figure.add_hline(y=default.value, line={"color": GREY, "width": 1, "dash": "dot"})
    for name, symbol, trials in _groups(tuning):
        _add_trials(figure, trials, [trial.number for trial in trials], name, symbol, colour)
    figure.update_layout(
        title={"text": "Trials"},
        xaxis={"title": "Trial", "dtick": max(1, len(tuning.trials) // 10)},
        yaxis={"title": f"{metric}, validation images"},
        **_looks(360),
    )
    return figure


def importance_figure(tuning: MethodTuning, colour: str) -> "graph_objects.Figure":
    """The share of the variance over the complete trials that each parameter explains."""
    rising = sorted(tuning.importances.items(), key=lambda each: each[1])
    titles = _titles(tuning)
    complete = sum(trial.state == "complete" for trial in tuning.trials)
    figure = graph_objects.Figure()
    figure.add_bar(
        x=[100 * share for _, share in rising],
        y=[escape(titles.get(name, name)) for name, _ in rising],
        orientation="h",
        marker={"color": colour},
        text=[percent(share) for _, share in rising],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{y}: %{x:.1f} %<extra></extra>",
    )
    figure.update_layout(
        title={"text": "Importance of parameters"},
        xaxis={
            "title": f"Share of the variance of {complete} trials",
            "ticksuffix": " %",
            "range": [0, 110],
        },
        yaxis={"automargin": True},
        **_looks(max(220, 60 + 36 * len(rising))),
    )
    return figure


def slice_figure(
    tuning: MethodTuning, name: str, metric: str, colour: str
) -> "graph_objects.Figure":
    """The metric of the trials against the value of one parameter."""
    figure = graph_objects.Figure()
    search = searched(get(tuning.variant.detector).Params)[name]
    for group, symbol, trials in _groups(tuning):
        own = [trial for trial in trials if name in trial.settings]
        values = [trial.settings[name] for trial in own]
        _add_trials(figure, own, values, group, symbol, colour)
    axis: dict[str, Any] = {"title": escape(_titles(tuning)[name])}
    if isinstance(search, Choices):
        # Values such as "3,4" or "4" stay texts and keep their order.
        axis |= {"type": "category", "categoryorder": "array", "categoryarray": search.values}
    elif isinstance(search, Range) and search.log:
        axis |= {"type": "log", "nticks": 6}
    figure.update_layout(
        **_looks(SLICE_HEIGHT),
        xaxis=axis,
        yaxis={"title": metric},
        showlegend=False,
    )
    figure.update_layout(margin={"t": 10})
    return figure


def sliced(tuning: MethodTuning) -> list[str]:
    """The parameters that were searched, the most important first."""
    names = dict.fromkeys(name for trial in tuning.trials for name in trial.settings)
    return sorted(names, key=lambda name: -tuning.importances.get(name, 0.0))


def _groups(tuning: MethodTuning) -> list[tuple[str, str, list[TrialFound]]]:
    """The trials by what became of them, each with a name and a symbol; those that failed have no
    value to be drawn at."""
    best = tuning.best
    groups: dict[str, tuple[str, list[TrialFound]]] = {
        "default": (DEFAULT_SYMBOL, []),
        "trial": (TRIAL_SYMBOL, []),
        "stopped early": (PRUNED_SYMBOL, []),
        "best": (BEST_SYMBOL, []),
    }
    for trial in tuning.trials:
        if trial.value is None:
            continue
        if trial.number == 0:
            groups["default"][1].append(trial)
        elif trial is best:
            groups["best"][1].append(trial)
        else:
            groups["stopped early" if trial.state == "pruned" else "trial"][1].append(trial)
    return [(name, symbol, trials) for name, (symbol, trials) in groups.items() if trials]


def _add_trials(
    figure: "graph_objects.Figure",
    trials: Sequence[TrialFound],
    places: Sequence[object],
    name: str,
    symbol: str,
    colour: str,
) -> None:
    if not trials:
        return
    large = symbol in (DEFAULT_SYMBOL, BEST_SYMBOL)
    figure.add_scatter(
        x=list(places),
        y=[trial.value for trial in trials],
        text=[_settings(trial) for trial in trials],
        mode="markers",
        name=name,
        marker={
            "symbol": symbol,
            "size": 13 if large else 8,
            "color": GREY if symbol in (DEFAULT_SYMBOL, PRUNED_SYMBOL) else colour,
            "line": {"color": "white" if large else colour, "width": 1},
        },
        hovertemplate="%{y:.4f}<br>%{text}<extra></extra>",
    )


def _settings(trial: TrialFound) -> str:
    lines = [
        f"{name} = {value:.4g}" if isinstance(value, float) else f"{name} = {value}"
        for name, value in trial.settings.items()
    ]
    return "<br>".join(map(escape, [f"trial {trial.number}", *lines]))


def _titles(tuning: MethodTuning) -> dict[str, str]:
    fields = get(tuning.variant.detector).Params.model_fields
    return {name: field.title or name for name, field in fields.items()}


def _looks(height: int) -> dict[str, Any]:
    return {
        "height": height,
        "margin": {"l": 10, "r": 10, "t": 50, "b": 10},
        "legend": {"orientation": "h", "y": -0.25, "yanchor": "top", "x": 0},
    }
