"""The form of a search: which methods, for how long, judged on what."""

from dataclasses import dataclass, replace

import streamlit as st

from dashboard.components.tuning.preview import preview
from dashboard.session import widgets
from dashboard.session.state import Session
from evaluation.comparison.comparison import Variant
from evaluation.metrics.metrics import Protocol, measures
from evaluation.tuning.judging import METRICS
from evaluation.tuning.result import Budget
from evaluation.tuning.tuning import TuningPlan, not_tunable
from evaluation.tuning.validation import DEFAULT_KINDS
from images.dataset import DataSet
from images.errors import shown
from images.painting.kinds import KINDS

TITLES = {measure.name: measure.title for measure in measures(Protocol())}
PAINTED, LABELLED = "Painted defects", "Labelled test images that are set aside"


@dataclass(frozen=True)
class TuningChoice:
    """What a person has asked for."""

    variants: tuple[Variant, ...]
    plan: TuningPlan
    aside: tuple[str, ...]
    """Names of test images; none where defects are painted."""
    missing: str = ""
    """What is missing before a search can begin, in a sentence."""


def tuning_choice(mine: Session, data: DataSet) -> TuningChoice:
    """Draw the form."""
    possible = {
        one.label: replace(one, tuned=None)
        for one in mine.methods.variants()
        if not not_tunable(one)
    }
    widgets.forget_absent(widgets.TUNED_METHODS, list(possible))
    labels = st.multiselect(
        "Methods",
        list(possible),
        default=list(possible),
        key=widgets.TUNED_METHODS,
        help="Of those chosen on the page Methods. Parameters that are set there to other values "
        "than their defaults are fixed and not searched.",
    )
    budget, metric = _budget()
    judged_on = st.radio(
        "Judge settings on", [PAINTED, LABELLED], key=widgets.TUNED_ON, persist_state="session"
    )
    kinds: tuple[str, ...] = DEFAULT_KINDS
    aside: tuple[str, ...] = ()
    if judged_on == PAINTED:
        kinds = _kinds(data)
        missing = "" if kinds else "Choose at least one kind of painted defect."
    else:
        aside = _aside(mine)
        missing = "" if aside else "Choose labelled test images, a defective one among them."
    if not labels:
        missing = "Choose at least one method that can be tuned."
    plan = TuningPlan(budget, metric, kinds)
    return TuningChoice(tuple(possible[label] for label in labels), plan, aside, missing)


def _budget() -> tuple[Budget, str]:
    usual = Budget()
    trials, minutes, metric = st.columns(3)
    with trials:
        count = st.number_input(
            "Trials",
            min_value=2,
            max_value=1000,
            value=usual.trials,
            key=widgets.TUNED_TRIALS,
            persist_state="session",
            help="Settings that are tried of each method, the default included.",
        )
    with minutes:
        length = st.number_input(
            "Minutes",
            min_value=0.5,
            max_value=1440.0,
            value=usual.minutes,
            key=widgets.TUNED_MINUTES,
            persist_state="session",
            help="Time for each method, at most. The default is always tried.",
        )
    with metric:
        chosen = st.selectbox(
            "Metric",
            METRICS,
            format_func=lambda name: TITLES[name],
            key=widgets.TUNED_METRIC,
            persist_state="session",
        )
    return Budget(int(count), float(length)), str(chosen)


def _kinds(data: DataSet) -> tuple[str, ...]:
    kinds = st.multiselect(
        "Kinds of painted defects",
        list(KINDS),
        default=list(DEFAULT_KINDS),
        format_func=lambda name: KINDS[name].title,
        key=widgets.TUNED_KINDS,
        persist_state="session",
        help="Defects are painted on normal images that are held out, in three sizes and three "
        "contrasts.",
    )
    with st.expander("How they look on your images"):
        preview(data)
    return tuple(kinds)


def _aside(mine: Session) -> tuple[str, ...]:
    labelled = [picture for picture in mine.images.all_test if picture.kind is not None]
    names = [picture.name for picture in labelled]
    widgets.forget_absent(widgets.TUNED_ASIDE, names)
    chosen = st.multiselect(
        "Test images to set aside",
        names,
        default=[picture.name for picture in mine.images.set_aside_here],
        format_func=shown,
        key=widgets.TUNED_ASIDE,
        help="Settings are judged on these, so they are no test images any more, also in later "
        "comparisons.",
    )
    return tuple(chosen)
