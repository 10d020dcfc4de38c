"""How far normal and defective images lie apart, and the six thresholds that are drawn there."""

import streamlit as st

from dashboard.components.results.shown_methods import ShownMethod
from dashboard.session import widgets
from dashboard.session.widgets import forget_unless
from dashboard.text import plain
from evaluation.comparison.comparison import Comparison
from evaluation.metrics.separation import (
    Separation,
    separation_by_method,
    separation_by_raw_pixels,
)
from evaluation.report.plots import separation_figure


def working_points(comparison: Comparison, methods: tuple[ShownMethod, ...]) -> None:
    """Draw both distances of every test image by a method and by raw pixels, and the tables."""
    if not comparison.data.normal:
        st.info("There are no normal images, on which the working points are set.")
        return
    labels = [method.label for method in methods]
    forget_unless(widgets.POINTS_METHOD, labels)
    label = st.selectbox(
        "Method", labels, key=widgets.POINTS_METHOD, persist_state="session", width=360
    )
    method = methods[labels.index(label)]
    st.caption(
        "Six thresholds of the model of normality (Aburakhia et al., 2020): on the highest "
        "distance in an image (D1, of normal images) and on the mean distance (D2). The further "
        "apart the two groups, the easier the images are to separate. Raw pixels serve as a "
        "baseline."
    )
    by_method, by_pixels = st.columns(2, gap="medium")
    with by_method:
        _separation(separation_by_method(comparison, method.assessment), f"method.{label}")
    with by_pixels:
        _separation(_raw_pixels(comparison, str(comparison.folder)), "pixels")


def _separation(separation: Separation, key: str) -> None:
    title = plain(separation.title)
    st.plotly_chart(
        separation_figure(separation),
        key=widgets.separation(key),
        alt=f"Highest and mean distance of every test image by {separation.title}, with the "
        "thresholds T1 to T6.",
    )
    rows = [
        {
            "Threshold": plain(f"{point.name} = {point.formula}"),
            "Value": f"{point.threshold:.4g}",
            "TPR": _rate(point.decision.true_positive_rate),
            "FPR": _rate(point.decision.false_positive_rate),
            "AUC": _rate(point.decision.area),
        }
        for point in separation.points
    ]
    st.markdown(
        f"**Working points of {title}**",
        help="Decisions about whole test images. The AUC is that of a single decision: (TPR + "
        "TNR) / 2.",
    )
    st.table(rows)
    st.caption(plain(separation.about))


def _rate(rate: float | None) -> str:
    return "–" if rate is None else f"{rate:.3f}"


@st.cache_resource(max_entries=20, show_spinner="Comparing the pixels ...")
def _raw_pixels(_comparison: Comparison, folder: str) -> Separation:
    """The separation by raw pixels; `folder` tells comparisons apart."""
    return separation_by_raw_pixels(_comparison)
