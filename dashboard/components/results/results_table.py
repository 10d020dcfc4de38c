"""The table of metrics and costs, the best values highlighted."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from dashboard.components.results.shown_methods import ShownMethod
from dashboard.session import widgets
from dashboard.text import plain
from evaluation.metrics.metrics import Measure, measures
from evaluation.report.decided import Decided, p_values_text, ranked, verdict
from evaluation.report.tuned import tuned_sentences
from evaluation.report.verdict import verdicts
from images.dataset import DataSet
from images.errors import shown
from images.words import percent

SHORT_LIST = ("image_auroc", "pixel_auroc", "aupro")
BEST = "background-color: #009e7340; font-weight: 700"
MOST_ROWS = 6
"""Methods that the table shows at once, so that pictures are seen on the first screen."""
ROW_PIXELS = 35
CHIP = "●"
FOUND, MISSED, ALARMS = "Found", "Missed", "False alarms"


def verdict_line(methods: Sequence[ShownMethod]) -> None:
    """Draw the sentence that says who finds how much at the present thresholds."""
    labels = methods[0].assessment.labels
    known = any(label is not None for label in labels)
    sure = p_values_text(ranked(_decided(methods), labels)) if len(methods) > 1 and known else None
    st.markdown(f"**{plain(verdict_text(methods))}**", help=sure and plain(sure))


def verdict_text(methods: Sequence[ShownMethod]) -> str:
    """The sentence that says who finds how much at the present thresholds."""
    return verdict(_decided(methods), methods[0].assessment.labels)


def _decided(methods: Sequence[ShownMethod]) -> list[Decided]:
    return [Decided(method.label, method.flags) for method in methods]


def presented_table(methods: Sequence[ShownMethod]) -> list[list[str]]:
    """The numbers for an audience, as texts by row; the first row is the heading."""
    decisions, totals = _decisions(methods)
    known = [
        measure
        for measure in measures(methods[0].assessment.protocol)
        if measure.name in SHORT_LIST and _value(methods[0], measure) is not None
    ]
    head = ["Method", *decisions, *(measure.title for measure in known), "Inference, s/image"]
    rows = [head]
    for at, method in enumerate(methods):
        counts = [
            f"{column[at]} of {totals[name]}" if name in totals else str(column[at])
            for name, column in decisions.items()
        ]
        values = [_value(method, measure) for measure in known]
        figures = ["–" if value is None else f"{value:.3f}" for value in values]
        seconds = f"{method.assessment.result.score_seconds_per_image:.3f}"
        rows.append([method.label, *counts, *figures, seconds])
    return rows


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
    decisions, totals = _decisions(methods)
    table = pd.DataFrame(
        {CHIP: ["⬤"] * len(methods), "Method": [method.label for method in methods]}
        | decisions
        | figures
        | costs
        | _tuned(methods)
    )
    styled = table.style.apply(
        lambda column: [f"color: {m.colour}" for m in methods], subset=[CHIP]
    )
    for measure in defined:
        styled = styled.apply(_marks(_leading(methods, measure)), subset=[measure.title])
    st.dataframe(
        styled,
        hide_index=True,
        column_config=_columns(defined, totals),
        height="auto" if len(methods) <= MOST_ROWS else round((MOST_ROWS + 1.5) * ROW_PIXELS),
        key=widgets.RESULTS_TABLE,
    )
    disturbed = [method.label for method in methods if method.assessment.result.disturbed]
    if disturbed:
        st.caption(
            "Another comparison ran at the same time, so times and memory are unreliable for "
            f"{plain(', '.join(disturbed))}."
        )
    for text in tuned_sentences([method.assessment for method in methods]):
        st.caption(plain(text))
    _reasons([measure for measure in known if measure not in defined], methods[0])


def explained(methods: Sequence[ShownMethod]) -> None:
    """Draw what the columns mean, and how sure the order of the methods is."""
    lines = [
        f"**{plain(measure.title)}**: {plain(measure.description)}"
        for measure in measures(methods[0].assessment.protocol)
    ]
    st.markdown("  \n".join(lines))
    st.caption(
        "Green: the best value, and those that are not behind it by more than chance (95 % "
        "interval of the difference, paired bootstrap over images). Nothing is green where no "
        "difference is more than chance."
    )
    for name in ("image_auroc", "pixel_auroc"):
        compared = verdicts([method.assessment for method in methods], name)
        if compared:
            st.caption("  \n".join(plain(line) for line in compared))


def _decisions(
    methods: Sequence[ShownMethod],
) -> tuple[dict[str, list[int]], dict[str, int]]:
    """Defective images found and missed and good images flagged, and of how many images."""
    counts = [method.assessment.confusion(method.image_threshold, "image") for method in methods]
    columns, totals = {}, {}
    defective = counts[0].true_positives + counts[0].false_negatives
    good = counts[0].false_positives + counts[0].true_negatives
    if defective:
        columns[FOUND] = [one.true_positives for one in counts]
        columns[MISSED] = [one.false_negatives for one in counts]
        totals[FOUND] = defective
    if good:
        columns[ALARMS] = [one.false_positives for one in counts]
        totals[ALARMS] = good
    return columns, totals


def _marks(leading: Sequence[bool]) -> Callable[[Any], list[str]]:
    return lambda column: [BEST if leads else "" for leads in leading]


def _leading(methods: Sequence[ShownMethod], measure: Measure) -> list[bool]:
    """Which methods are best by a metric or not behind the best by more than chance.

    None where all are alike so far as these images tell.
    """
    values = [_value(method, measure) for method in methods]
    best = max((value, -at) for at, value in enumerate(values) if value is not None)
    ahead = methods[-best[1]].assessment.resampled
    behind = []
    for method, value in zip(methods, values, strict=True):
        interval = ahead.lead(method.assessment.resampled, measure.name)
        behind.append(value is None or (interval is not None and interval.low > 0))
    return [any(behind) and not one for one in behind]


def decisions_table(methods: Sequence[ShownMethod]) -> None:
    """What the current thresholds decide on the test images."""
    rows = []
    for method in methods:
        confusion = method.assessment.confusion(method.image_threshold, "image")
        touched = method.assessment.regions_found(method.threshold)
        row = {
            "Method": plain(method.label),
            "Threshold of images": f"{method.image_threshold:.4g}",
            "of pixels": f"{method.threshold:.4g}",
            "Defective images found": _part(confusion.true_positives, confusion.false_negatives),
            "Normal images flagged": _part(confusion.false_positives, confusion.true_negatives),
            "Defect regions found": "–" if touched is None else percent(touched),
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


def _value(method: ShownMethod, measure: Measure) -> float | None:
    return method.assessment.metrics.values[measure.name]


def _columns(defined: Sequence[Measure], totals: Mapping[str, int]) -> dict[str, Any]:
    number = st.column_config.NumberColumn
    helps = {
        FOUND: "Defective images that are flagged at the present threshold.",
        ALARMS: "Good images that are flagged at the present threshold.",
    }
    return {
        CHIP: st.column_config.TextColumn(width=28, help="Colour of the method in all plots."),
        MISSED: number(help="Defective images that are not flagged."),
        **{
            name: number(format=f"%d of {total}", help=helps[name])
            for name, total in totals.items()
        },
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
