"""Search better parameters of the chosen methods without the test images."""

import streamlit as st

from dashboard.components.run_panel import run_button, waiting_note
from dashboard.components.tuning.choice import tuning_choice
from dashboard.components.tuning.results import tuning_results
from dashboard.errors import guarded
from dashboard.session import widgets
from dashboard.session.state import Session, session
from dashboard.session.tuning import TuningJob
from dashboard.text import plain
from evaluation.comparison.tuned import duration
from images.words import count

REFRESH_SECONDS = 2.0
"""Between looks at a search that runs; its plots are drawn anew each time."""


def show() -> None:
    """Draw the page."""
    mine = session()
    st.title("Tune")
    st.markdown(
        "Searches better parameters for your images without looking at the test images. Settings "
        "are judged on defects painted on normal images that are held out (the metric is the mean "
        "over their kinds), or on labelled images that you set aside. Every method has the same "
        "number of trials and the same time. The default is the first trial. It stays unless the "
        "best other setting is better on further validation images by more than the 95 % interval "
        "of the difference."
    )
    with st.expander("Does it help?"):
        st.markdown(MEASURED)
    job = mine.tuning
    if job is not None and not job.ended:
        st.fragment(_running, run_every=REFRESH_SECONDS)(mine, job)
        return
    _form(mine, job)
    if job is not None:
        _ended(mine, job)


def _form(mine: Session, job: TuningJob | None) -> None:
    data = mine.data
    if data is None or not data.normal:
        st.info("Choose a sample or upload images first, normal ones among them.")
        return
    with st.container(border=True):
        choice = tuning_choice(mine, data)
        pressed = st.button(
            "Tune",
            type="primary",
            icon=":material/tune:",
            disabled=bool(choice.missing),
            key=widgets.TUNE,
            help="With the same images, methods and kinds of defects, the trials before are taken "
            "up.",
        )
        if choice.missing:
            st.caption(plain(choice.missing))
    if pressed:
        mine.tune(choice.variants, choice.plan, choice.aside)
        st.rerun()


@guarded
def _running(mine: Session, job: TuningJob) -> None:
    if job.ended:
        st.rerun()
    waiting_note(job.ahead)
    for found in job.found():
        label, trials = found.variant.label, len(found.trials)
        state = "done" if found.tuned is not None else count(trials, "trial") + " done"
        if found.tuned is None and trials >= job.plan.budget.trials:
            state = "judging what was found"
        note = f" ({job.note(label)})" if job.note(label) else ""
        st.progress(min(1.0, job.fraction(label)), text=plain(f"{label}: {state}{note}"))
    if st.button(
        "Cancel", icon=":material/stop:", key=widgets.CANCEL_TUNING, disabled=job.cancelled
    ):
        job.cancel()
    tuning_results(mine, job)


def _ended(mine: Session, job: TuningJob) -> None:
    if job.state == "failed":
        st.error(plain(job.failure))
        return
    if job.state == "cancelled":
        st.caption("Cancelled. Press Tune to go on with the trials that ended.")
    else:
        st.caption(f"Finished in {duration(job.seconds)}.")
    _take(mine, job)
    tuning_results(mine, job)


def _take(mine: Session, job: TuningJob) -> None:
    """The way from a search to the comparison."""
    present = [chosen.tuned for chosen in mine.methods.chosen]
    ended = [found for found in job.found() if found.tuned is not None]
    new = [found for found in ended if found.tuned not in present]
    if new:
        if st.button(
            "Take into the comparison",
            type="primary",
            icon=":material/add:",
            key=widgets.TAKE_TUNED,
            help="Adds the variants with tuned settings, and marks the methods whose default "
            "stayed.",
        ):
            for found in new:
                mine.methods.take_tuned(found.variant, found.result(f"{found.variant.label} tuned"))
            st.rerun()
    elif ended:
        st.caption("The results are in the comparison. Run it to see the test images.")
        run_button("tune")


MEASURED = (
    "Measured with four methods on six sets of reduced images, six settings each. In 15 of 24 "
    "cases a setting was better than the default on painted defects by more than its noise. On "
    "the real test images it was better in 14 of them and worse in one, on average better by "
    "0.047 pixel AUROC. The rank correlation of the orders of settings on painted and on real "
    "defects was 0.46 on average: 0.67 for sparse coding, 0.57 for nearest neighbour, 0.31 for "
    "PaDiM. It does not help mean feature (0.30, nothing taken), nor images on which every setting "
    "is nearly perfect, and image AUROC is predicted less well (0.39). Painted defects say little "
    "of defects that look like none of them, such as a missing part. Details: "
    "benchmarks/TUNING.md."
)
"""What was found by `benchmarks.tuning`."""
