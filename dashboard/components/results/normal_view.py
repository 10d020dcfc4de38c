"""The normal images by how unlike the others they look, and the way to take one out."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from dashboard import navigation as pages
from dashboard.components import markup
from dashboard.components.gallery import gallery_of
from dashboard.components.results.shown_methods import ShownMethod
from dashboard.components.run_panel import job_is_outdated
from dashboard.session import widgets
from dashboard.session.job import ComparisonJob
from dashboard.session.state import Session
from dashboard.session.widgets import forget_unless
from dashboard.text import plain
from evaluation.comparison.comparison import Comparison
from evaluation.decisions.oddities import odd
from images.words import count

COLUMNS = 4
A_PAGE = 12


def normal_view(
    mine: Session, job: ComparisonJob, comparison: Comparison, methods: Sequence[ShownMethod]
) -> None:
    """Draw the normal images with the score maps of a method that was not trained on them."""
    if not comparison.data.normal:
        st.info("There are no normal images.")
        return
    labels = [method.label for method in methods]
    forget_unless(widgets.NORMAL_METHOD, labels)
    label = st.selectbox(
        "Method", labels, key=widgets.NORMAL_METHOD, persist_state="session", width=360
    )
    method = methods[labels.index(label)]
    scores = method.assessment.normal_image_scores
    flags = odd(scores)
    st.caption(
        "Each normal image as a model sees it that was not trained on it, the highest score first. "
        "If one of them is defective, the methods learn that its defect is normal: take it out and "
        "run again. An image looks odd if its score is far above the others (modified z-score "
        "above 3.5)."
    )
    if flags.any():
        st.warning(f"{count(int(flags.sum()), 'normal image')} of {len(flags)} may be defective.")
    else:
        st.info("None of the normal images stands out.")
    order = np.argsort(-scores, kind="stable").tolist()
    page = 1
    if len(order) > A_PAGE:
        page = st.pagination(-(-len(order) // A_PAGE), key=widgets.NORMAL_PAGE)
    shown = order[(page - 1) * A_PAGE : page * A_PAGE]
    for start in range(0, len(shown), COLUMNS):
        row = shown[start : start + COLUMNS]
        for column, place in zip(st.columns(COLUMNS), row, strict=False):
            with column:
                _normal_image(mine, job, comparison, method, place, bool(flags[place]))


def _normal_image(
    mine: Session,
    job: ComparisonJob,
    comparison: Comparison,
    method: ShownMethod,
    place: int,
    looks_odd: bool,
) -> None:
    picture = comparison.plan.calibrated[place]
    score = float(method.assessment.normal_image_scores[place])
    words = f"score {score:.4g}" + (", looks odd" if looks_odd else "")
    scale = method.assessment.display_range(method.threshold)
    result = method.assessment.result
    drawn = gallery_of(mine, job.data).normal_scores(picture, result, place, scale)
    markup.pictures("normal-scores", [(drawn, f"{picture.name}, {words}", words)])
    st.caption(plain(picture.name))
    ready = job.ended and not job_is_outdated(mine, job)
    if st.button(
        "Take out and run again",
        key=widgets.take_out(place),
        icon=":material/remove_circle:",
        disabled=not ready or len(comparison.data.normal) < 2,
        help="Runs the comparison without this normal image. Put it back on the page Images.",
    ):
        mine.images.take_out(picture.name)
        mine.start()
        pages.switch_to(pages.COMPARE)
