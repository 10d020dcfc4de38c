"""Accuracy against cost, and the parameters in which variants differ."""

from collections.abc import Sequence

import streamlit as st

from dashboard.components.results.shown_methods import ShownMethod
from dashboard.session import widgets
from dashboard.session.widgets import forget_unless
from evaluation.metrics.metrics import measures
from evaluation.report.plots import PlottedMethod
from evaluation.report.variants import cost_figure, differing


def cost_view(methods: Sequence[ShownMethod]) -> None:
    """Draw a scatter of a metric over inference time, and a table of variants."""
    import pandas as pd

    known = [
        measure
        for measure in measures(methods[0].assessment.protocol)
        if any(method.assessment.metrics.values[measure.name] is not None for method in methods)
    ]
    results = [method.assessment.result for method in methods]
    columns: dict[str, list[object]] = {"Method": [method.label for method in methods]}
    rows = differing([(result.variant.detector, result.params) for result in results])
    for name in dict.fromkeys(name for row in rows for name in row):
        columns[name] = [row.get(name, "") for row in rows]
    if known:
        titles = {measure.name: measure.title for measure in known}
        forget_unless(widgets.COST_METRIC, list(titles))
        chosen = st.selectbox(
            "Metric",
            list(titles),
            format_func=titles.__getitem__,
            index=list(titles).index("image_auroc") if "image_auroc" in titles else 0,
            key=widgets.COST_METRIC,
            persist_state="session",
            width=360,
        )
        lines = [PlottedMethod(method.assessment, method.colour) for method in methods]
        st.plotly_chart(
            cost_figure(lines, chosen, titles[chosen]),
            key=widgets.COST_PLOT,
            alt=f"{titles[chosen]} over inference time of each method.",
        )
        columns[titles[chosen]] = [method.assessment.metrics.values[chosen] for method in methods]
    columns["Training, s"] = [result.fit_seconds for result in results]
    columns["Inference, s/image"] = [result.score_seconds_per_image for result in results]
    columns["Memory, MB"] = [result.peak_memory_mb for result in results]
    st.caption(
        "The dotted line joins the methods that no other beats: each other one is slower or less "
        "accurate. Parameters are shown where variants of one method differ."
    )
    st.dataframe(pd.DataFrame(columns), hide_index=True, key=widgets.COST_TABLE)
