"""What a search found for each method: a sentence, plots, a table of the trials."""

from collections.abc import Sequence

import streamlit as st

from dashboard.components import markup
from dashboard.components.tuning.choice import TITLES
from dashboard.session import widgets
from dashboard.session.state import Session
from dashboard.session.tuning import TuningJob
from dashboard.text import plain
from evaluation.assessment import Assessment
from evaluation.report.palette import method_colour
from evaluation.report.tuned import tuned_sentence
from evaluation.report.tuning_plots import (
    history_figure,
    importance_figure,
    slice_figure,
    sliced,
)
from evaluation.tuning.result import MethodTuning, sentence
from methods.parameters import as_text
from methods.registry import get

COLUMNS = 3


def tuning_results(mine: Session, job: TuningJob) -> None:
    """Draw what was found so far."""
    for at, found in enumerate(job.found()):
        if not found.trials and not found.failure:
            continue
        with st.container(border=True):
            _method(mine, found, job.plan.metric, method_colour(at))


def _method(mine: Session, found: MethodTuning, metric: str, colour: str) -> None:
    label, title = found.variant.label, TITLES[metric]
    mark = found.tuned.words() if found.tuned is not None else ""
    markup.method_name(label, colour, mark)
    if found.failure:
        st.error(plain(found.failure))
    if found.tuned is not None:
        st.markdown(plain(_sentence(mine, found, title)))
        if found.chosen:
            st.markdown(plain(f"Setting found: {_changes(found)}."))
    if not found.trials:
        return
    history, importance = st.columns([3, 2])
    with history:
        st.plotly_chart(
            history_figure(found, title, colour),
            key=widgets.tuning_plot(label, "history"),
            alt=f"{title} of {label} against the trial.",
        )
    with importance:
        if found.importances:
            st.plotly_chart(
                importance_figure(found, colour),
                key=widgets.tuning_plot(label, "importance"),
                alt=f"Importance of the parameters of {label}.",
            )
        elif found.tuned is not None:
            st.caption("Too few complete trials to say which parameters matter.")
    with st.expander("Each parameter"):
        _slices(found, title, colour)
    with st.expander("All trials"):
        _table(found, title)


def _sentence(mine: Session, found: MethodTuning, title: str) -> str:
    """With what is reached on the test images, where the result has been compared."""
    assert found.tuned is not None
    compared: Sequence[Assessment] = mine.job.assessments() if mine.job is not None else ()
    for own in compared:
        if own.result.variant.tuned == found.tuned:
            return tuned_sentence(found.tuned, own, compared)
    return sentence(found.tuned, title)


def _changes(found: MethodTuning) -> str:
    fields = get(found.variant.detector).Params.model_fields
    default = found.default.settings if found.default is not None else {}
    return "; ".join(
        f"{fields[name].title} {_short(value)} (default {_short(default.get(name))})"
        for name, value in found.chosen.items()
        if _short(default.get(name)) != _short(value)
    )


def _short(value: object) -> str:
    if value in ("True", "False") or isinstance(value, bool):
        return "on" if str(value) == "True" else "off"
    return f"{value:.3g}" if isinstance(value, float) else as_text(value)


def _slices(found: MethodTuning, title: str, colour: str) -> None:
    names = sliced(found)
    for start in range(0, len(names), COLUMNS):
        row = names[start : start + COLUMNS]
        for column, name in zip(st.columns(COLUMNS), row, strict=False):
            with column:
                st.plotly_chart(
                    slice_figure(found, name, title, colour),
                    key=widgets.tuning_plot(found.variant.label, f"slice.{name}"),
                    alt=f"{title} of {found.variant.label} against {name}.",
                )


def _table(found: MethodTuning, title: str) -> None:
    import pandas as pd

    fields = get(found.variant.detector).Params.model_fields
    rows = [
        {
            "Trial": "default" if trial.number == 0 else str(trial.number),
            title: trial.value,
            "State": {"pruned": "stopped early"}.get(trial.state, trial.state),
            "Seconds": trial.seconds,
            **{str(fields[name].title): _short(value) for name, value in trial.settings.items()},
            **({"Reason": trial.reason} if trial.reason else {}),
        }
        for trial in found.trials
    ]
    number = st.column_config.NumberColumn
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config={title: number(format="%.4f"), "Seconds": number(format="%.1f")},
        key=widgets.tuning_plot(found.variant.label, "table"),
    )
