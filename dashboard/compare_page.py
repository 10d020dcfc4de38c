"""The results: a table, heatmaps on one scale a method, curves and scores."""

import streamlit as st

from dashboard import figures, pages
from dashboard.errors import guarded
from dashboard.jobs import AnyJob
from dashboard.layers import layers, picked_place
from dashboard.pictures import GRID_SIDE
from dashboard.result_rows import method_layer, picture_row, take_thresholds
from dashboard.results_table import results_table
from dashboard.run_panel import run_button
from dashboard.shown_methods import ShownMethod, shown_methods, threshold_controls
from dashboard.state import Session, session
from dashboard.text import count, plain
from evaluation.curves import Undefined
from evaluation.thresholds import Level
from images.dataset import DataSet

HEATMAPS, CURVES, SCORES = "Heatmaps", "Curves", "Image scores"
ROWS_A_PAGE = 6
GRID_KEY = "compare.grid"


def show() -> None:
    """Draw the page."""
    mine = session()
    st.title("Compare")
    job = mine.job
    if job is None:
        st.markdown("Nothing has been compared yet. What is chosen on the left is ready to run.")
        run_button("compare")
        return
    _heading(job)
    comparison = job.comparison()
    if comparison is None:
        if job.ended:
            run_button("compare")
        else:
            st.info("The first results appear here as soon as a method has finished.")
        return
    for failure in comparison.failures:
        st.error(f"**{plain(failure.variant.label)}** failed: {plain(failure.reason)}")
    if comparison.results:
        st.fragment(_results)(mine, job, comparison.data)


def _heading(job: AnyJob) -> None:
    data = job.data
    name = f"**{plain(data.name)}**" + (" :gray-badge[synthetic]" if data.synthetic else "")
    learned = count(len(data.normal), "normal image")
    st.markdown(f"{name} {learned}, {count(len(data.test), 'test image')}. {plain(data.about)}")
    if job.state == "failed":
        st.error(plain(job.failure))


@guarded
def _results(mine: Session, job: AnyJob, data: DataSet) -> None:
    table = st.container()
    switch, number = st.columns([1, 1], vertical_alignment="center")
    view = switch.segmented_control(
        "View",
        [HEATMAPS, CURVES, SCORES],
        default=HEATMAPS,
        required=True,
        key="compare.view",
        persist_state="session",
        label_visibility="collapsed",
    )
    methods = shown_methods(mine, job, threshold_controls(mine))
    with table:
        results_table(methods)
    if view == HEATMAPS:
        with number:
            shown = _page_of(len(data.test))
        _heatmaps(mine, data, methods, shown)
    elif view == CURVES:
        _curves(methods)
    else:
        _image_scores(methods)


def _page_of(images: int) -> range:
    """The numbers of the images on the chosen page."""
    if images <= ROWS_A_PAGE:
        return range(images)
    with st.container(horizontal_alignment="right"):
        page = st.pagination(-(-images // ROWS_A_PAGE), key="compare.page", persist_state="session")
    return range((page - 1) * ROWS_A_PAGE, min(page * ROWS_A_PAGE, images))


def _heatmaps(mine: Session, data: DataSet, methods: tuple[ShownMethod, ...], shown: range) -> None:
    gallery = mine.gallery(data)
    layers(
        [method_layer(gallery, method) for method in methods],
        [picture_row(gallery, methods, index, GRID_SIDE) for index in shown],
        key=GRID_KEY,
        on_thresholds=lambda: take_thresholds(mine, GRID_KEY, methods),
        on_picked=lambda: _pick(mine),
    )
    if mine.view.to_inspect:
        mine.view.to_inspect = False
        pages.switch_to(pages.INSPECT)


def _pick(mine: Session) -> None:
    picked = picked_place(GRID_KEY)
    if picked is not None:
        mine.view.image, mine.view.place = picked[0], picked[1:]
        mine.view.to_inspect = True


def _curves(methods: tuple[ShownMethod, ...]) -> None:
    left, right = st.columns(2)
    drawings: list[tuple[figures.CurveKind, Level]] = [
        ("ROC", "pixel"),
        ("ROC", "image"),
        ("Precision and recall", "pixel"),
        ("PRO", "pixel"),
    ]
    for at, (kind, level) in enumerate(drawings):
        with (left, right)[at % 2]:
            try:
                figure = figures.curves(kind, level, methods)
            except Undefined as reason:
                st.info(f"No {kind} curve of {level}s: {plain(str(reason))}.")
                continue
            st.plotly_chart(
                figure,
                key=f"compare.curve.{at}",
                alt=f"{kind} curves of {level}s for {', '.join(m.label for m in methods)}.",
            )
    st.caption("The dots are the methods' operating points at their present thresholds.")


def _image_scores(methods: tuple[ShownMethod, ...]) -> None:
    for method in methods:
        st.plotly_chart(
            figures.image_scores(method),
            key=f"compare.scores.{method.label}",
            alt=f"Image scores of {method.label}, with its threshold.",
        )
