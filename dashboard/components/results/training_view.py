"""How the networks of the methods were trained, and the way to train them for longer."""

from collections.abc import Sequence

import streamlit as st

from dashboard import navigation as pages
from dashboard.components import markup
from dashboard.components.results.shown_methods import ShownMethod
from dashboard.components.run_panel import job_is_outdated
from dashboard.components.training_plot import by_network, training_figure
from dashboard.session import widgets
from dashboard.session.job import ComparisonJob
from dashboard.session.state import Session
from dashboard.text import plain
from images.errors import AnomalyError
from images.words import count
from methods import registry
from methods.training.curve import TrainingCurve

HEIGHT = 300
COLUMNS = 2


def training_view(mine: Session, job: ComparisonJob, methods: Sequence[ShownMethod]) -> None:
    """Draw the curves of every method that trains networks."""
    trained = [method for method in methods if method.assessment.result.training]
    if not trained:
        st.info("None of these methods trains a network.")
        return
    st.caption(
        "The loss on the crops of a batch and on crops of normal images that are held out. The "
        "weights with the lowest held-out loss are kept (star). Faint curves are the models of "
        "cross-fitting, which give the thresholds."
    )
    for method in trained:
        with st.container(border=True):
            markup.method_name(method.label, method.colour)
            _curves(method)
            if method.assessment.result.variant.detector in registry.names():
                _continue(mine, job, method)


def _curves(method: ShownMethod) -> None:
    networks = by_network(method.assessment.result.training)
    for start in range(0, len(networks), COLUMNS):
        row = networks[start : start + COLUMNS]
        for at, (column, curves) in enumerate(zip(st.columns(COLUMNS), row, strict=False), start):
            with column:
                title = curves[0].network or (f"network {at + 1}" if len(networks) > 1 else "")
                st.plotly_chart(
                    training_figure(curves, method.colour, height=HEIGHT, title=title),
                    key=widgets.training(method.label, at),
                    alt=f"Training and held-out loss of {method.label} {title}".rstrip() + ".",
                )
                st.caption(plain(in_words(curves[0])))


def in_words(curve: TrainingCurve) -> str:
    """How long a network was trained, and which weights are kept."""
    text = f"{curve.step} of {count(curve.steps, 'step')}"
    if curve.step < curve.steps:
        text += ", stopped early because the held-out loss no longer fell"
    if curve.continued_at:
        text += f", continued after step {', '.join(map(str, curve.continued_at))}"
    if curve.best is not None:
        text += f". Kept: step {curve.best[0]}, held-out loss {curve.best[1]:.4g}"
    return f"{text}."


def _continue(mine: Session, job: ComparisonJob, method: ShownMethod) -> None:
    """The button that trains a method for longer."""
    result = method.assessment.result
    lengths = registry.get(result.variant.detector).lengths
    if not lengths:
        return
    present = int(result.params[lengths[0]])
    outdated = job_is_outdated(mine, job)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        added = st.number_input(
            "Steps to add",
            min_value=1,
            value=present,
            key=widgets.steps_to_add(method.label),
            width=160,
        )
        pressed = st.button(
            "Continue training",
            key=widgets.continue_training(method.label),
            icon=":material/resume:",
            disabled=outdated or not job.ended,
            help="Trains from the weights that were learned, with a new learning rate. The models "
            "of cross-fitting are trained again in the same stages, because each must "
            "not see the images that it holds out. All other results are kept.",
        )
    if outdated:
        st.caption("The selection of images or methods has changed since this comparison.")
    if pressed:
        try:
            mine.methods.train_longer(method.label, (present + int(added)) / present)
        except AnomalyError as error:
            st.error(plain(str(error)))
            return
        mine.start()
        pages.switch_to(pages.COMPARE)
