"""One test image, large, and what every method found at a position in it."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.components import markup
from dashboard.components.gallery import Gallery, gallery_of
from dashboard.components.layers import layers, picked_place
from dashboard.components.pictures import WHOLE_SIDE, panel_picture, signed_picture
from dashboard.components.results import plots, post_processing
from dashboard.components.results.picture_filter import most_telling
from dashboard.components.results.result_rows import method_layer, picture_row, take_thresholds
from dashboard.components.results.shown_methods import (
    ShownMethod,
    method_colours,
    shown_methods,
    threshold_controls,
    threshold_note,
)
from dashboard.components.run_panel import run_button
from dashboard.errors import guarded
from dashboard.session import address, widgets
from dashboard.session.job import ComparisonJob
from dashboard.session.memory import MODELS
from dashboard.session.state import Session, session
from dashboard.text import plain
from evaluation.comparison.comparison import MethodResult
from evaluation.decisions.normal_ranks import NormalRanks
from images.dataset import DataSet
from images.errors import shown
from images.words import percent
from methods.detector import Detector, DetectorError, Explanation, Panel


def show() -> None:
    """Draw the page."""
    mine = session()
    st.title("Inspect")
    comparison = mine.job.comparison() if mine.job else None
    if comparison is None or not comparison.results:
        st.markdown(
            "This page shows what each method found at a position in an image. Run a "
            "comparison first."
        )
        run_button("inspect")
        return
    st.markdown(
        "Click a position in the image to see what each method found there. Use the number keys "
        "or the arrow keys to switch between methods; Enter on a heatmap goes to its highest score."
    )
    st.fragment(_inspect)(mine, comparison.data)
    assert mine.job is not None
    st.fragment(_learned)(mine.job)


@guarded
def _inspect(mine: Session, data: DataSet) -> None:
    assert mine.job is not None
    top = st.container(horizontal=True, vertical_alignment="bottom")
    with st.container(horizontal=True):
        choice = threshold_controls(mine, mine.job)
    methods = shown_methods(mine, mine.job, choice)
    if mine.view.image is None:
        mine.view.image = most_telling(methods)[0]
    index = _chosen_image(mine, top, data)
    threshold_note(methods)
    gallery = gallery_of(mine, data)
    picture, saw = st.columns([5, 4], gap="medium")
    address.write()
    with picture, st.container(key=widgets.INSPECTED_PICTURE):
        layers(
            [method_layer(gallery, method) for method in methods],
            [
                picture_row(
                    gallery, methods, index, WHOLE_SIDE, mine.view.place, post_processing.present()
                )
            ],
            key=widgets.INSPECTED,
            stacked=True,
            layer=mine.view.layer,
            on_thresholds=lambda: take_thresholds(mine, widgets.INSPECTED, methods),
            on_picked=lambda: _pick(mine),
        )
    with saw:
        if mine.view.place is None:
            st.info("Click a position in the image.", icon=":material/touch_app:")
            return
        row, col = mine.view.place
        st.header(f"Row {row}, column {col}")
        for method in methods:
            with st.container(border=True):
                _explanation(gallery, method, index, row, col)


@guarded
def _learned(job: ComparisonJob) -> None:
    """What the methods know of normal images, as far as that can be seen; drawn when opened."""
    box = st.expander("What the methods learned", key=widgets.LEARNED, on_change="rerun")
    if not box.open:
        return
    with box:
        for assessment in job.assessments():
            result = assessment.result
            with st.spinner("Computing explanations ..."):
                panels = _learned_panels(result)
            markup.method_name(result.variant.label, method_colours(job)[result.variant.label])
            if panels:
                markup.pictures("learned", map(_panel, panels))
            else:
                st.caption("This method has no picture of what it learned.")


def _chosen_image(mine: Session, row: DeltaGenerator, data: DataSet) -> int:
    """The number of the test image, chosen by name or one before or after."""
    key = widgets.INSPECTED_IMAGE
    count = len(data.test)
    present = mine.view.image = min(mine.view.image or 0, count - 1)
    st.session_state[key] = present

    def go(to: int) -> None:
        mine.view.image, mine.view.place = to, None

    row.button(
        "Previous",
        key=widgets.IMAGE_BEFORE,
        icon=":material/chevron_left:",
        on_click=go,
        args=(present - 1,),
        disabled=present == 0,
    )
    row.selectbox(
        "Test image",
        range(count),
        format_func=lambda at: f"{shown(data.test[at].name)}, {data.test[at].kind or 'not known'}",
        key=key,
        on_change=lambda: go(st.session_state[key]),
    )
    row.button(
        "Next",
        key=widgets.IMAGE_AFTER,
        icon=":material/chevron_right:",
        icon_position="right",
        on_click=go,
        args=(present + 1,),
        disabled=present == count - 1,
    )
    return present


def _pick(mine: Session) -> None:
    picked = picked_place(widgets.INSPECTED)
    if picked is not None:
        mine.view.place, mine.view.layer = picked.place, picked.layer


def _explanation(gallery: Gallery, method: ShownMethod, index: int, row: int, col: int) -> None:
    markup.method_name(method.label, method.colour)
    result = method.assessment.result
    score = float(result.maps[index][row, col])
    calls = "anomalous" if score >= method.threshold else "normal"
    st.markdown(
        f"Score **{score:.4g}**: {calls} at threshold {method.threshold:.4g}. "
        + _rank_among_normal(method, score)
    )
    try:
        explanation = _explain(gallery, result, str(result.folder), index, row, col)
    except DetectorError as error:
        st.warning(plain(str(error)))
        return
    st.caption(plain(explanation.text))
    _panels(explanation)
    if explanation.quantities or explanation.cloud:
        with st.expander("Values"):
            _quantities(method, explanation)


def _quantities(method: ShownMethod, explanation: Explanation) -> None:
    if explanation.quantities:
        st.table({plain(name): f"{value:.4g}" for name, value in explanation.quantities.items()})
    if explanation.cloud is not None:
        st.plotly_chart(
            plots.cloud(method, explanation.cloud),
            key=widgets.cloud(method.label),
            alt="The patch among normal patches.",
        )


def _rank_among_normal(method: ShownMethod, score: float) -> str:
    assessment = method.assessment
    normal = assessment.normal_pixels if assessment.has_normal else assessment.test_pixels
    ranks = MODELS.once(
        method.assessment.result.folder, "ranks", lambda: NormalRanks.of(normal), lambda made: 0.7
    )
    share = ranks.share_at_or_above(score)
    which = "held-out normal" if assessment.has_normal else "test"
    return f"{percent(share, 2)} of the {which} pixels have the same or a higher score."


def _panels(explanation: Explanation) -> None:
    greys = [panel.picture for panel in explanation.panels if not panel.signed]
    low = min((float(picture.min()) for picture in greys), default=0.0)
    high = max((float(picture.max()) for picture in greys), default=1.0)
    markup.pictures("panels", (_panel(panel, low, high) for panel in explanation.panels))


def _panel(panel: Panel, low: float = 0.0, high: float = 1.0) -> markup.Figure:
    """A panel, drawn grey from `low` to `high` unless it has a sign."""
    if panel.signed:
        return signed_picture(panel.picture), panel.title, panel.title
    return panel_picture(panel.picture, low, high), panel.title, panel.title


@st.cache_data(max_entries=200, show_spinner="Computing explanations ...")
def _explain(
    _gallery: Gallery, _result: MethodResult, folder: str, index: int, row: int, col: int
) -> Explanation:
    """What a method saw at a pixel of a test image; `folder` tells results apart."""
    return detector_of(_result).explain(_gallery.data.test[index].read(), row, col)


def detector_of(result: MethodResult) -> Detector:
    """The fitted detector, kept for a while."""
    return MODELS.once(result.folder, "detector", result.detector, lambda made: result.model_mb)


def _learned_panels(result: MethodResult) -> tuple[Panel, ...]:
    def size(panels: tuple[Panel, ...]) -> float:
        return sum(panel.picture.nbytes for panel in panels) / 2**20

    return MODELS.once(result.folder, "learned", lambda: detector_of(result).learned(), size)
