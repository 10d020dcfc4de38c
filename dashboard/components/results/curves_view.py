"""Curves of all methods, and which kinds of defects each one finds."""

from collections.abc import Mapping, Sequence

import streamlit as st

from dashboard.components.curve_presses import curve_presses
from dashboard.components.results.shown_methods import ShownMethod
from dashboard.session import widgets
from dashboard.session.state import Session
from dashboard.session.widgets import forget_unless
from dashboard.text import plain
from evaluation.decisions.kinds import FlaggedKind, flagged_by_kind
from evaluation.decisions.thresholds import Level, from_curve
from evaluation.metrics.curves import Undefined
from evaluation.report.curve_plots import (
    CORNER,
    CURVES,
    RATE_AXES,
    CurveKind,
    RateAxis,
    curve_figure,
)
from evaluation.report.plots import PlottedMethod
from images.dataset import DataSet
from images.words import percent

AXIS_TITLES: Mapping[RateAxis, str] = {
    "whole": "FPR to 1",
    "low rates": f"FPR to {CORNER:g}",
    "logarithmic": "FPR in powers of ten",
}


def curves_view(mine: Session, data: DataSet, methods: tuple[ShownMethod, ...]) -> None:
    """Draw all curves; one choice of methods and axis holds for all of them."""
    with st.container(horizontal=True, vertical_alignment="center"):
        plotted = _plotted(methods)
        forget_unless(widgets.RATE_AXIS, RATE_AXES)
        axis = st.segmented_control(
            "Axis of the false positive rate",
            RATE_AXES,
            default="whole",
            required=True,
            format_func=AXIS_TITLES.__getitem__,
            key=widgets.RATE_AXIS,
            persist_state="session",
            label_visibility="collapsed",
        )
        bands = st.toggle(
            "95 % confidence bands (bootstrap over images)",
            key=widgets.BANDS,
            persist_state="session",
        )
    columns = st.columns(2)
    for at, (kind, level) in enumerate(CURVES):
        with columns[at % 2]:
            try:
                _curve(kind, level, methods, plotted, axis, bands=bands)
            except Undefined as reason:
                st.info(f"No {kind} curve of {level}s: {plain(str(reason))}.")
    curve_presses(
        lambda at: _toggle(methods[at].label),
        lambda at, level, threshold: mine.view.choose(
            methods[at].label, level, from_curve(threshold)
        ),
    )
    st.caption(
        "The dots show the current thresholds. Click a point on a curve to use its threshold, a "
        "name in a legend to hide or show that method in all plots."
    )
    kinds_table(data, methods)


def kinds_table(data: DataSet, methods: Sequence[ShownMethod]) -> None:
    """Draw how many images of each kind each method flags at the present threshold."""
    kinds = [picture.kind for picture in data.test]
    found = [flagged_by_kind(method.flags, kinds) for method in methods]
    if not found[0]:
        return
    st.markdown(
        "**Flagged images by kind**",
        help="At the present thresholds of images, with 95 % intervals (Clopper and Pearson). Few "
        "images give wide intervals.",
    )
    st.table(
        [
            {"Kind": plain(one[0].kind)}
            | {plain(m.label): _share(each) for m, each in zip(methods, one, strict=True)}
            for one in zip(*found, strict=True)
        ]
    )


def _share(one: FlaggedKind) -> str:
    return f"{one.flagged} of {one.images} ({percent(one.low)} – {percent(one.high)})"


def _plotted(methods: Sequence[ShownMethod]) -> list[str]:
    """The labels of the methods whose curves are drawn, in all plots."""
    labels, state = [method.label for method in methods], st.session_state
    among = state.get(widgets.PLOTTED_AMONG, ())
    if labels != among:
        # A method that has finished since is shown, and one that was hidden stays so.
        hidden = set(among) - set(state.get(widgets.PLOTTED, among))
        state[widgets.PLOTTED] = [label for label in labels if label not in hidden]
        state[widgets.PLOTTED_AMONG] = labels
    return st.pills(
        "Methods",
        labels,
        selection_mode="multi",
        key=widgets.PLOTTED,
        persist_state="session",
        label_visibility="collapsed",
    )


def _toggle(label: str) -> None:
    """Hide the curves of a method, or show them again."""
    shown = list(st.session_state[widgets.PLOTTED])
    if label in shown:
        shown.remove(label)
    else:
        shown.append(label)
    st.session_state[widgets.PLOTTED] = shown


def _curve(
    kind: CurveKind,
    level: Level,
    methods: tuple[ShownMethod, ...],
    plotted: Sequence[str],
    axis: RateAxis,
    *,
    bands: bool,
) -> None:
    lines = [
        PlottedMethod(method.assessment, method.colour, method.thresholds[level].value)
        for method in methods
    ]
    hidden = [at for at, method in enumerate(methods) if method.label not in plotted]
    figure = curve_figure(kind, level, lines, bands=bands, axis=axis, hidden=hidden)
    figure.update_layout(legend={"itemclick": False, "itemdoubleclick": False})
    figure.update_traces(meta=level)
    st.plotly_chart(
        figure,
        key=widgets.curve(kind, level),
        alt=f"{kind} curves of {level}s for {', '.join(plotted)}.",
    )
