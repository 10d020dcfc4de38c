"""The results: a table, heatmaps on one scale a method, curves and scores."""

from collections.abc import Sequence

import streamlit as st

from dashboard import navigation as pages
from dashboard.components.gallery import gallery_of
from dashboard.components.layers import layers, picked_place
from dashboard.components.next_step_view import next_step_view
from dashboard.components.pictures import GRID_SIDE
from dashboard.components.results import plots
from dashboard.components.results.calibration_view import calibration_view
from dashboard.components.results.classes_view import classes_view
from dashboard.components.results.cost_view import cost_view
from dashboard.components.results.curves_view import curves_view
from dashboard.components.results.learning_view import learning_view
from dashboard.components.results.normal_view import normal_view
from dashboard.components.results.picture_filter import choose_images
from dashboard.components.results.post_processing import present as present_processing
from dashboard.components.results.post_processing import processing_controls
from dashboard.components.results.result_rows import method_layer, picture_row, take_thresholds
from dashboard.components.results.results_table import (
    decisions_table,
    explained,
    p_values_table,
    results_table,
    verdict_line,
)
from dashboard.components.results.shown_methods import (
    ShownMethod,
    ThresholdChoice,
    shown_methods,
    threshold_controls,
    threshold_note,
)
from dashboard.components.results.training_view import training_view
from dashboard.components.results.working_points import working_points
from dashboard.components.run_panel import obstacle, run_button
from dashboard.errors import guarded
from dashboard.session import address, widgets
from dashboard.session.job import ComparisonJob
from dashboard.session.state import Session, session
from dashboard.session.widgets import forget_unless
from dashboard.text import listed, plain
from evaluation.comparison.comparison import Comparison
from evaluation.report.warnings import warnings
from images.dataset import DataSet
from images.words import count

VIEWS = HEATMAPS, LINES, SCORES, CLASSES, COST, CALIBRATION, POINTS, NORMAL, LEARNING, TRAINING = (
    "Heatmaps",
    "Curves",
    "Image scores",
    "Classes",
    "Cost",
    "Calibration",
    "Working points",
    "Normal images",
    "Learning curve",
    "Training",
)
ROWS_A_PAGE = 6


def show() -> None:
    """Draw the page."""
    mine = session()
    job = mine.job
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("Compare", width="content")
        if job is not None:
            _heading(job)
    if job is None:
        ready = obstacle(mine) == ""
        st.markdown(
            "Nothing has been compared yet."
            + (" The images and methods selected on the left are ready to run." if ready else "")
        )
        if mine.data is not None:
            next_step_view(mine, mine.data, "compare")
        run_button("compare")
        return
    if job.state == "failed":
        st.error(plain(job.failure))
    comparison = job.comparison()
    if comparison is None:
        if job.ended:
            run_button("compare")
        else:
            _nothing_yet()
        return
    _left_out(job, comparison)
    for failure in comparison.failures:
        st.error(f"**{plain(failure.variant.label)}** failed: {plain(failure.reason)}")
    if comparison.results:
        with st.container(gap="xsmall"):
            st.fragment(_results)(mine, job, comparison)
    elif not job.ended:
        _nothing_yet()


def _nothing_yet() -> None:
    st.info("The first results appear here as soon as a method has finished.")


def _heading(job: ComparisonJob) -> None:
    data = job.data
    synthetic = " :gray-badge[synthetic]" if data.synthetic else ""
    normal = count(len(data.normal), "normal image")
    st.markdown(
        f"**{plain(data.name)}**{synthetic} {normal}, {count(len(data.test), 'test image')}",
        help=plain(data.about) or None,
        width="content",
    )


def _left_out(job: ComparisonJob, comparison: Comparison) -> None:
    """What could not be compared and was not told on the page of the images."""
    known = set(job.data.findings)
    found = [
        finding.text
        for finding in comparison.data.findings
        if finding.role == "not used" and finding not in known
    ]
    if found:
        st.warning(f"{count(len(found), 'file')} not used:\n\n" + listed(found))


@guarded
def _results(mine: Session, job: ComparisonJob, comparison: Comparison) -> None:
    top = st.container(gap="xsmall")
    offered = [view for view in VIEWS if view != CLASSES or len(comparison.data.known_classes) > 1]
    forget_unless(widgets.VIEW, offered)
    view = st.segmented_control(
        "View",
        offered,
        default=HEATMAPS,
        required=True,
        key=widgets.VIEW,
        persist_state="session",
        label_visibility="collapsed",
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        without_controls = view in (CLASSES, COST, POINTS, CALIBRATION, NORMAL, LEARNING, TRAINING)
        choice = ThresholdChoice.present(job) if without_controls else threshold_controls(mine, job)
        if view == HEATMAPS:
            processing_controls()
        metrics = st.popover("Metrics", icon=":material/table:")
    everything = metrics.toggle("All metrics", key=widgets.ALL_METRICS, persist_state="session")
    methods = shown_methods(mine, job, choice)
    if not without_controls:
        threshold_note(methods)
    with metrics:
        explained(methods)
    with top:
        verdict_line(methods)
        results_table(methods, everything)
        _warnings(warnings(comparison, [method.assessment for method in methods]))
    if view == HEATMAPS:
        _heatmaps(mine, comparison.data, methods)
    elif view == LINES:
        curves_view(mine, comparison.data, methods)
    elif view == SCORES:
        _image_scores(comparison.data, methods)
    elif view == CLASSES:
        classes_view(comparison.data.known_classes, methods)
    elif view == COST:
        cost_view(methods)
    elif view == CALIBRATION:
        calibration_view(methods)
    elif view == NORMAL:
        normal_view(mine, job, comparison, methods)
    elif view == LEARNING:
        learning_view(mine, job, comparison, methods)
    elif view == TRAINING:
        training_view(mine, job, methods)
    else:
        working_points(comparison, methods)
    address.write()


def _warnings(texts: Sequence[str]) -> None:
    """What a person must know before trusting the results, folded so that the pictures are seen."""
    if not texts:
        return
    with (
        st.container(key=widgets.WARNINGS),
        st.expander(
            f"{count(len(texts), 'warning')}: {plain(texts[0])}", icon=":material/warning:"
        ),
    ):
        for text in texts:
            st.warning(plain(text))


def _page_of(images: list[int]) -> list[int]:
    """The images on the chosen page."""
    if len(images) <= ROWS_A_PAGE:
        return images
    pages_needed = -(-len(images) // ROWS_A_PAGE)
    forget_unless(widgets.PAGE, range(1, pages_needed + 1))
    page = st.pagination(pages_needed, key=widgets.PAGE, persist_state="session", width=200)
    return images[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE]


def _heatmaps(mine: Session, data: DataSet, methods: tuple[ShownMethod, ...]) -> None:
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        shown = _page_of(choose_images(methods))
    gallery, processing = gallery_of(mine, data), present_processing()
    layers(
        [method_layer(gallery, method) for method in methods],
        [picture_row(gallery, methods, index, GRID_SIDE, processing=processing) for index in shown],
        key=widgets.GRID,
        on_thresholds=lambda: take_thresholds(mine, widgets.GRID, methods),
        on_picked=lambda: _pick(mine),
    )
    if mine.view.to_inspect:
        mine.view.to_inspect = False
        pages.switch_to(pages.INSPECT)


def _pick(mine: Session) -> None:
    picked = picked_place(widgets.GRID)
    if picked is not None:
        mine.view.image, mine.view.place = picked.image, picked.place
        mine.view.layer = picked.layer
        mine.view.to_inspect = True


def _image_scores(data: DataSet, methods: tuple[ShownMethod, ...]) -> None:
    decisions_table(methods)
    with st.expander("Scores and p-values of all test images"):
        p_values_table(data, methods)
    for method in methods:
        st.plotly_chart(
            plots.image_scores(method),
            key=widgets.image_scores(method.label),
            alt=f"Image scores of {method.label}, with its threshold.",
        )
