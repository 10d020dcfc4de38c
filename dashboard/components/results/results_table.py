"""The table of metrics and costs, the best values highlighted."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard.components.results.shown_methods import ShownMethod
from dashboard.session import widgets
from dashboard.text import plain
from evaluation.metrics.metrics import Measure, measures
from evaluation.report.tuned import tuned_sentences
from evaluation.report.verdict import verdicts
from images.dataset import DataSet
from images.errors import shown

SHORT_LIST = ("image_auroc", "pixel_auroc", "aupro")
BEST = "background-color: #009e7340; font-weight: 700"


def results_table(methods: Sequence[ShownMethod], everything: bool) -> None:
    """Draw the table; metrics that have no value for any method are left out and explained."""
    import pandas as pd

    known = [
        measure
        for measure in measures(methods[0].assessment.protocol)
        if everything or measure.name in SHORT_LIST
    ]
    defined = [
        measure
        for measure in known
        if any(_value(method, measure) is not None for method in methods)
    ]
    figures = {
        measure.title: [_value(method, measure) for method in methods] for measure in defined
    }
    results = [method.assessment.result for method in methods]
    costs = {
        "Training, s": [result.fit_seconds for result in results],
        "Inference, s/image": [result.score_seconds_per_image for result in results],
    }
    if everything:
        costs["Memory, MB"] = [result.peak_memory_mb for result in results]
    names = {"": ["⬤"] * len(methods), "Method": [method.label for method in methods]}
    table = pd.DataFrame(names | figures | costs | _tuned(methods))
    styled = table.style.apply(
        lambda column: [f"color: {m.colour}" for m in methods], subset=[""]
    ).highlight_max(subset=list(figures), props=BEST)
    st.dataframe(
        styled, hide_index=True, column_config=_columns(defined), key=widgets.RESULTS_TABLE
    )
    disturbed = [method.label for method in methods if method.assessment.result.disturbed]
    if disturbed:
        st.caption(
            "Another comparison ran at the same time, so times and memory are unreliable for "
            f"{plain(', '.join(disturbed))}."
        )
    for text in tuned_sentences([method.assessment for method in methods]):
        st.caption(plain(text))
    _verdict(methods, [measure.name for measure in defined])
    _reasons([measure for measure in known if measure not in defined], methods[0])


def decisions_table(methods: Sequence[ShownMethod]) -> None:
    """What the current thresholds decide on the test images."""
    rows = []
    for method in methods:
        confusion = method.assessment.confusion(method.threshold, "image")
        touched = method.assessment.regions_found(method.threshold)
        row = {
            "Method": plain(method.label),
            "Threshold": f"{method.threshold:.4g}",
            "Defective images found": _part(confusion.true_positives, confusion.false_negatives),
            "Normal images flagged": _part(confusion.false_positives, confusion.true_negatives),
            "Defect regions found": "–" if touched is None else f"{touched:.0%}",
        }
        rows.append(row)
    st.markdown("**At the current thresholds**")
    st.table(rows)


def p_values_table(data: DataSet, methods: Sequence[ShownMethod]) -> None:
    """The score and the conformal p-value of every test image."""
    import pandas as pd

    columns: dict[str, Any] = {
        "Image": [shown(picture.name) for picture in data.test],
        "Kind": [picture.kind or "not known" for picture in data.test],
    }
    number = st.column_config.NumberColumn
    config = {}
    for method in methods:
        score, p_value = f"{method.label}: score", f"{method.label}: p"
        columns[score] = method.assessment.image_scores
        config[score] = number(format="%.4g")
        if method.assessment.has_normal:
            columns[p_value] = method.assessment.p_values
            config[p_value] = number(format="%.3f")
    st.caption(
        "The p-value of an image is the proportion of normal images, including the image itself, "
        "with a score at least as high. A small p-value is unlikely if the image is normal and "
        "comes from the same source as the training images. It does not measure the size of a "
        "defect."
    )
    st.dataframe(pd.DataFrame(columns), hide_index=True, column_config=config, key=widgets.P_VALUES)


def _tuned(methods: Sequence[ShownMethod]) -> dict[str, list[str]]:
    """How methods were tuned, as a column; none where no method was."""
    marks = [method.assessment.result.variant.tuned for method in methods]
    words = ["" if mark is None else mark.words() for mark in marks]
    return {"Tuned": words} if any(words) else {}


def _part(part: int, rest: int) -> str:
    return f"{part} of {part + rest}" if part + rest else "–"


def _verdict(methods: Sequence[ShownMethod], defined: Sequence[str]) -> None:
    """Who is ahead, and whether other test images could reverse the order."""
    name = next((name for name in ("image_auroc", "pixel_auroc") if name in defined), None)
    if name is not None and len(methods) > 1:
        lines = verdicts([method.assessment for method in methods], name)
        st.caption("  \n".join(plain(line) for line in lines))


def _value(method: ShownMethod, measure: Measure) -> float | None:
    return method.assessment.metrics.values[measure.name]


def _columns(defined: Sequence[Measure]) -> dict[str, Any]:
    number = st.column_config.NumberColumn
    return {
        "": st.column_config.TextColumn(width=28),
        **{measure.title: number(format="%.3f", help=measure.description) for measure in defined},
        "Training, s": number(format="%.1f", help="Training time on the normal images."),
        "Inference, s/image": number(format="%.3f", help="Inference time for one image."),
        "Memory, MB": number(format="%.0f", help="Increase in memory use while the method ran."),
    }


def _reasons(missing: Sequence[Measure], method: ShownMethod) -> None:
    reasons: dict[str, list[str]] = {}
    for measure in missing:
        reason = method.assessment.metrics.undefined[measure.name]
        reasons.setdefault(reason, []).append(measure.title)
    for reason, titles in reasons.items():
        st.caption(f"No {plain(', '.join(titles))}: {plain(reason)}.")
