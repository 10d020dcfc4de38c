"""The panel in the sidebar: what will be compared, Run, progress, Cancel."""

import streamlit as st

from dashboard import navigation as pages
from dashboard.components import markup
from dashboard.components.training_plot import live_figure
from dashboard.errors import guarded
from dashboard.session import widgets
from dashboard.session.job import ComparisonJob
from dashboard.session.progress import state_in_words
from dashboard.session.state import Session, session
from dashboard.text import plain
from evaluation.comparison.tuned import duration
from evaluation.estimate import about, estimate_text
from evaluation.report.palette import method_colour
from images.roles.understanding import problem
from images.words import count

REFRESH_SECONDS = 0.5
WAITING_SECONDS = 2.0
"""Between looks at one that has not begun: many who wait must not slow the one that runs."""


@guarded
def show() -> None:
    """Draw the panel."""
    mine = session()
    with st.sidebar:
        _data(mine)
        job = mine.job
        if job is not None and not job.ended:
            waits = job.ahead > 0
            every = WAITING_SECONDS if waits else REFRESH_SECONDS
            st.fragment(_progress, run_every=every)(mine, job, waits)
        else:
            _methods(mine)
            run_button("sidebar")
            _estimate(mine)
            if job is not None:
                _outcome(job)
                _catch_up(mine, job)


def run_button(place: str) -> None:
    """The button that starts the comparison and opens its page; tells why when it cannot."""
    mine = session()
    job = mine.job
    why_not = obstacle(mine)
    label = "Run again" if job is not None and not job_is_outdated(mine, job) else "Run comparison"
    pressed = st.button(
        label,
        type="primary",
        icon=":material/play_arrow:",
        disabled=bool(why_not) or (job is not None and not job.ended),
        width="stretch" if place == "sidebar" else "content",
        key=widgets.run(place),
    )
    if why_not:
        st.caption(plain(why_not))
    if pressed:
        mine.start()
        pages.switch_to(pages.COMPARE)


def job_is_outdated(mine: Session, job: ComparisonJob) -> bool:
    """Whether what is chosen now differs from what a job compared."""
    return job.data is not mine.data or not mine.methods.are(job.variants)


def obstacle(mine: Session) -> str:
    """Why no comparison can be started, in a sentence; empty where it can."""
    if mine.data is None:
        return "Choose a sample or upload images first."
    if not mine.methods.chosen:
        return "Choose at least one method first."
    return (
        problem(
            mine.data,
            needs_normal=mine.methods.need_normal(),
            needs_classes=mine.methods.need_classes(),
        )
        or ""
    )


def _data(mine: Session) -> None:
    if mine.data is not None:
        name = f"**{plain(mine.data.name)}**"
        st.markdown(f"{name} :gray-badge[synthetic]" if mine.data.synthetic else name)
        normal = count(len(mine.data.normal), "normal image")
        st.caption(f"{normal}, {count(len(mine.data.test), 'test image')}")


def _methods(mine: Session) -> None:
    for at, chosen in enumerate(mine.methods.chosen):
        markup.method_name(chosen.label, method_colour(at))


def _estimate(mine: Session) -> None:
    """How long the chosen methods will take, those aside that were run already."""
    if mine.data is None or obstacle(mine):
        return
    if text := estimate_text(mine.estimates.of(mine.data, mine.methods.variants(), mine.job)):
        st.caption(plain(text), help="Training, calibration and inference of all chosen methods.")


def waiting_note(ahead: int) -> None:
    """Say how many jobs must end before one begins; nothing where it need not wait."""
    if ahead:
        st.info(
            f"{count(ahead, 'job')} ahead of yours in the job queue. Yours starts automatically.",
            icon=":material/hourglass_top:",
        )


@guarded
def _progress(mine: Session, job: ComparisonJob, waits: bool) -> None:
    if job.ended or (waits and not job.ahead):
        st.rerun()
    waiting_note(job.ahead)
    left = job.seconds_left
    if left and left[1] and len(job.variants) > 1:
        st.caption(f"{about(*left).capitalize()} left for all methods.")
    for at, progress in enumerate(job.progress()):
        text = f"{plain(progress.label)}: {plain(state_in_words(progress))}"
        st.progress(min(1.0, progress.fraction), text=text)
        if progress.training:
            st.plotly_chart(
                live_figure(progress.training, method_colour(at)),
                key=widgets.live_training(progress.label),
                config={"displayModeBar": False},
                alt=f"Training and held-out loss of {progress.label} so far.",
            )
    if st.button("Cancel", icon=":material/stop:", key=widgets.CANCEL, disabled=job.cancelled):
        job.cancel()
    _catch_up(mine, job)


def _catch_up(mine: Session, job: ComparisonJob) -> None:
    """Draw the page again when a method has finished since it was drawn.

    The last one may do so while the page is being drawn, so an ended job is looked at too.
    """
    done = len(job.assessments())
    if done != mine.view.results_shown:
        mine.view.results_shown = done
        st.rerun()


def _outcome(job: ComparisonJob) -> None:
    if job.state == "finished":
        reused = (
            f" {job.reused} of {len(job.variants)} reused from your earlier run, because nothing "
            "had changed."
            if job.reused
            else ""
        )
        st.caption(f"Finished in {duration(job.seconds)}.{reused}")
    elif job.state == "kept":
        st.caption("This is a saved comparison.")
    elif job.state == "cancelled":
        st.caption("Cancelled. Results of finished methods are kept.")
    else:
        st.error(plain(job.failure))
