"""The learning curve: would more normal images help?"""

from collections.abc import Sequence

import streamlit as st

from dashboard.components.results.shown_methods import ShownMethod
from dashboard.errors import guarded
from dashboard.session import widgets
from dashboard.session.job import ComparisonJob
from dashboard.session.learning_job import LearningJob
from dashboard.session.state import Session
from dashboard.text import plain
from evaluation.comparison.comparison import Comparison
from evaluation.comparison.learning_curve import (
    AREAS,
    DRAWS,
    MOST_DRAWS,
    LearningCurve,
    learns_from_few,
    stored_curve,
)
from evaluation.comparison.shots import Shots, ShotsError, doublings, shots_of
from evaluation.comparison.tuned import duration
from evaluation.report.learning_curve import (
    EXPLAINED,
    TITLES,
    answers,
    learning_figure,
    reasons,
)
from images.words import count

REFRESH_SECONDS = 0.5
AFFORDABLE = 120.0
"""Seconds that the methods which are chosen at first may take together."""


def learning_view(
    mine: Session, job: ComparisonJob, comparison: Comparison, methods: Sequence[ShownMethod]
) -> None:
    """Draw the curves that were measured, and the form that measures more."""
    st.markdown(
        "**Would more normal images help?** Each method is trained on some of the normal images, "
        "in several random draws, and scores the same images each time."
    )
    try:
        shots = _shots(comparison, str(comparison.folder))
    except ShotsError as reason:
        st.info(plain(str(reason)))
        return
    curve = stored_curve(comparison.folder)
    learning = mine.learning
    if learning is not None and learning.job is not job:
        learning = None
    if learning is not None and not learning.ended:
        shown = len(curve.measured) if curve is not None else 0
        st.fragment(_progress, run_every=REFRESH_SECONDS)(learning, comparison, shown)
    if curve is not None and curve.measured:
        _curves(curve, methods)
    if learning is not None and learning.failure:
        st.error(plain(learning.failure))
    if learning is None or learning.ended:
        _form(mine, job, shots, methods)


@st.cache_resource(max_entries=20, show_spinner=False)
def _shots(_comparison: Comparison, folder: str) -> Shots:
    """The images of a learning curve; `folder` tells comparisons apart."""
    return shots_of(_comparison)


def _curves(curve: LearningCurve, methods: Sequence[ShownMethod]) -> None:
    colours = {method.label: method.colour for method in methods}
    for label in colours:
        for text in answers(curve, label):
            st.markdown(f"**{plain(label)}**: {plain(text)}")
    figures = [(area, learning_figure(curve, area, colours)) for area in AREAS]
    drawn = [(area, figure) for area, figure in figures if figure is not None]
    for column, (area, figure) in zip(st.columns(max(1, len(drawn))), drawn, strict=False):
        with column:
            st.plotly_chart(
                figure,
                key=widgets.learning(area),
                alt=f"{TITLES[area]} of {', '.join(colours)} over the number of normal images.",
            )
    for label in colours:
        for text in reasons(curve, label):
            st.caption(f"{plain(label)}, images: {plain(text)}")
    st.caption(f"Measured on {plain(curve.tested)}. {EXPLAINED}")


def _form(mine: Session, job: ComparisonJob, shots: Shots, methods: Sequence[ShownMethod]) -> None:
    needy = {
        method.label: method
        for method in methods
        if learns_from_few(method.assessment.result.variant.detector)
    }
    if not needy:
        st.info("None of these methods is trained on normal images without their classes.")
        return
    numbers = doublings(len(shots.pool))
    for key, options in ((widgets.LEARNING_METHODS, needy), (widgets.LEARNING_IMAGES, numbers)):
        if not set(st.session_state.get(key, ())) <= set(options):
            del st.session_state[key]
    which, how_many, times = st.columns([3, 3, 1], vertical_alignment="bottom")
    labels = which.multiselect(
        "Methods",
        list(needy),
        default=_affordable(shots, needy, numbers),
        key=widgets.LEARNING_METHODS,
        persist_state="session",
    )
    images = how_many.multiselect(
        "Numbers of normal images",
        numbers,
        default=list(numbers),
        key=widgets.LEARNING_IMAGES,
        persist_state="session",
    )
    draws = times.number_input(
        "Draws",
        min_value=1,
        max_value=MOST_DRAWS,
        value=DRAWS,
        key=widgets.LEARNING_DRAWS,
        persist_state="session",
        help="How often that many images are drawn at random. More draws give a surer answer.",
    )
    seconds = sum(_seconds(shots, needy[label], images, int(draws)) for label in labels)
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            "Compute the learning curve",
            type="primary",
            icon=":material/show_chart:",
            key=widgets.LEARNING_RUN,
            disabled=not job.ended or not labels or not images,
        )
        st.caption(
            f"About {duration(seconds)} at most, measured on {plain(shots.text())}. What was "
            "measured before is kept."
            if job.ended
            else "The comparison must end first."
        )
    if pressed:
        mine.learning = LearningJob(job, labels, images, int(draws))
        st.rerun()


def _affordable(shots: Shots, methods: dict[str, ShownMethod], numbers: Sequence[int]) -> list[str]:
    """The quickest methods: one, and more as long as all together stay affordable."""
    costs = {label: _seconds(shots, each, numbers, DRAWS) for label, each in methods.items()}
    chosen: list[str] = []
    for label in sorted(costs, key=lambda label: costs[label]):
        if not chosen or sum(costs[each] for each in (*chosen, label)) <= AFFORDABLE:
            chosen.append(label)
    return [label for label in methods if label in chosen]


def _seconds(shots: Shots, method: ShownMethod, numbers: Sequence[int], draws: int) -> float:
    """An estimate of the time that a method takes, from what it took in the comparison."""
    result, most = method.assessment.result, len(shots.pool)
    scoring = len(shots.tested) * result.score_seconds_per_image
    fits = [number for number in numbers if number < most or shots.places is None]
    return draws * sum(result.fit_seconds * number / most + scoring for number in fits)


@guarded
def _progress(running: LearningJob, comparison: Comparison, shown: int) -> None:
    curve = stored_curve(comparison.folder)
    if running.ended or (curve is not None and len(curve.measured) > shown):
        st.rerun()
    waits = f"{count(running.ahead, 'job')} ahead in the job queue"
    text = waits if running.ahead else running.note or "Beginning"
    st.progress(min(1.0, running.fraction), text=plain(text))
    if st.button(
        "Cancel",
        icon=":material/stop:",
        key=widgets.LEARNING_CANCEL,
        disabled=running.cancelled,
    ):
        running.cancel()
