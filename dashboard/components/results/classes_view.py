"""Known classes and unknown ones: what is recognised as what, and what an unknown image scores."""

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.components import markup
from dashboard.components.results.shown_methods import ShownMethod
from dashboard.session import widgets
from dashboard.text import plain
from evaluation.decisions.calibration import IMAGE_RATE
from evaluation.metrics.curves import Undefined
from evaluation.report.class_plots import class_figures, oscr_figure
from evaluation.report.class_table import EXPLAINED, class_rows
from evaluation.report.plots import PlottedMethod


def classes_view(names: Sequence[str], methods: Sequence[ShownMethod]) -> None:
    """Draw a table of all methods, the plots of those that recognise classes, and OSCR curves."""
    told, target = st.columns([3, 1], vertical_alignment="bottom")
    told.caption(
        f"{len(names)} known classes: {plain(', '.join(names))}. Test images of other classes are "
        "unknown."
    )
    percent = target.number_input(
        "Target false positive rate, %",
        min_value=0.5,
        max_value=50.0,
        value=100 * IMAGE_RATE,
        step=0.5,
        format="%g",
        key=widgets.CLASSES_RATE,
        persist_state="session",
        help="The threshold is the image score that this proportion of the held-out normal images "
        "reach. An image at or above it is flagged as unknown.",
    )
    rows = class_rows([method.assessment for method in methods], percent / 100)
    st.table([{"Method": plain(one.label), **row} for one, row in zip(methods, rows, strict=True)])
    st.caption(EXPLAINED)
    recognising = [method for method in methods if method.assessment.recognised is not None]
    if not recognising:
        st.info(
            "None of these methods knows classes. Add open set recognition on the page Methods."
        )
        return
    for method in recognising:
        with st.container(border=True):
            markup.method_name(method.label, method.colour)
            beside = _plots(method, percent / 100)
            if method is recognising[-1]:
                with beside:
                    _oscr(methods)


def _plots(method: ShownMethod, rate: float) -> DeltaGenerator:
    """Draw the plots of a method, two side by side; returns the place that is free."""
    figures = class_figures(method.assessment, rate)
    places = [*st.columns(2, gap="medium"), *st.columns(2, gap="medium")]
    words = (
        "Known test images by class and by recognised class",
        "Histograms of image scores",
        "Test images by their logits",
    )
    for at, (place, figure) in enumerate(zip(places, figures, strict=False)):
        place.plotly_chart(
            figure, key=widgets.classes(method.label, at), alt=f"{words[at]}, {method.label}."
        )
    return places[3]


def _oscr(methods: Sequence[ShownMethod]) -> None:
    lines = [PlottedMethod(method.assessment, method.colour) for method in methods]
    try:
        figure = oscr_figure(lines)
    except Undefined as reason:
        st.info(f"No OSCR curve: {plain(str(reason))}.")
        return
    st.plotly_chart(figure, key=widgets.OSCR, alt="OSCR curves of the methods that know classes.")
