"""The leaderboard of a suite: ranks over data sets, whether methods differ, and what they cost."""

import base64
from collections.abc import Mapping, Sequence
from html import escape
from statistics import fmean
from typing import Any

import streamlit as st

from dashboard.session import widgets
from dashboard.session.suites import VARIABLE, named_folder, rows_in
from dashboard.text import listed, plain
from evaluation.suites.diagram import diagram
from evaluation.suites.files import leaderboard_markdown
from evaluation.suites.leaderboard import (
    Leaderboard,
    findings,
    in_order,
    leaderboard,
    leaderboard_csv,
    results_csv,
    significant,
)
from evaluation.suites.rows import COSTS, MEASURES, Row
from evaluation.suites.table_file import rows_of_csv
from images.words import count


def show() -> None:
    """Draw the page."""
    st.title("Leaderboard")
    name, rows = _results()
    if not rows:
        return
    _what(name, rows)
    metric = _metric(rows)
    if metric is None:
        st.info("No method has a value of any metric.")
        _failures(rows)
        return
    methods = list(dict.fromkeys(row.method for row in rows))
    chosen = st.multiselect("Methods", methods, methods, key=widgets.SUITE_METHODS)
    board = leaderboard(rows, metric, chosen)
    _diagram(board)
    _table(board, rows)
    _pairs(board)
    _failures(rows)
    _files(name, rows, board)


def _results() -> tuple[str, Sequence[Row]]:
    """The name of the suite and its rows; none where there is no suite yet."""
    folder = named_folder()
    uploaded = st.file_uploader(
        "Results of a suite (results.csv)", type="csv", key=widgets.SUITE_TABLE
    )
    if uploaded is not None:
        return uploaded.name, rows_of_csv(uploaded.getvalue(), uploaded.name)
    if folder is not None:
        return rows_in(folder)
    st.markdown(
        "This page compares methods over many data sets. Run a suite on the command line, "
        "`anomaly-compare run SUITE.toml --out DIR`, and upload its table `results.csv` here, or "
        f"start the server with `--suite DIR` or with the folder in `{VARIABLE}`."
    )
    return "", []


def _what(name: str, rows: Sequence[Row]) -> None:
    sets, methods, seeds = (
        len({getattr(row, what) for row in rows}) for what in ("set", "method", "seed")
    )
    parts = [count(methods, "method"), count(sets, "data set"), count(seeds, "seed")]
    st.caption(f"{plain(name)}: {', '.join(parts)}, {count(len(rows), 'result')}.")


def _metric(rows: Sequence[Row]) -> str | None:
    """The metric that a person chose, of those that have a value."""
    known = [
        metric for metric in MEASURES if any(row.metrics.get(metric) is not None for row in rows)
    ]
    first = known.index("image_auroc") if "image_auroc" in known else 0
    if not known:
        return None
    return st.selectbox(
        "Metric", known, first, format_func=MEASURES.__getitem__, key=widgets.SUITE_METRIC
    )


def _diagram(board: Leaderboard) -> None:
    if board.difference is not None:
        st.subheader("Mean ranks over data sets")
        drawn = base64.b64encode(diagram(board).encode()).decode()
        said = "; ".join(f"{one.method} {one.mean_rank:.2f}" for one in board.standings)
        st.html(
            f'<div style="overflow-x:auto"><img alt="Mean ranks: {escape(said)}" '
            f'style="max-width:none" src="data:image/svg+xml;base64,{drawn}"></div>'
        )
        st.caption(
            "Rank 1 is best. Methods under one bar are not significantly different (Nemenyi's "
            "test at 5 %)."
        )
    for sentence in findings(board):
        st.markdown(plain(sentence))


def _table(board: Leaderboard, rows: Sequence[Row]) -> None:
    import pandas as pd

    st.subheader(MEASURES[board.metric])
    standing = {one.method: one for one in board.standings}
    lines = []
    for method in in_order(board):
        own = standing.get(method)
        line: dict[str, Any] = {
            "Method": method,
            "Mean rank": own.mean_rank if own else None,
            "Mean": own.mean if own else None,
        }
        for name in board.sets:
            cell = board.cells.get((name, method))
            line[name] = None if cell is None else cell.text
        lines.append({**line, **_costs(method, rows)})
    number = st.column_config.NumberColumn
    config = {
        "Mean rank": number(format="%.2f", help="Over the data sets that all methods have."),
        "Mean": number(format="%.4f", help="Over the same data sets."),
        **{title: number(format="%.3g", help="Mean over all results.") for title in COSTS.values()},
    }
    st.dataframe(pd.DataFrame(lines), hide_index=True, column_config=config)
    if len({row.seed for row in rows}) > 1:
        st.caption("Mean ± standard deviation over the seeds.")


def _costs(method: str, rows: Sequence[Row]) -> Mapping[str, float | None]:
    own = [row.costs for row in rows if row.method == method]
    found = {title: [one[name] for one in own if name in one] for name, title in COSTS.items()}
    return {title: fmean(values) if values else None for title, values in found.items()}


def _pairs(board: Leaderboard) -> None:
    if not board.pairs:
        return
    sentences = significant(board)
    with st.expander(f"Pairs that differ: {len(sentences)} of {len(board.pairs)}"):
        st.caption("Wilcoxon's signed-rank test with Holm's correction, at 5 %.")
        st.markdown(listed(sentences, most=50) or "None.")


def _failures(rows: Sequence[Row]) -> None:
    failed = [
        f"{row.method} on {row.set}, seed {row.seed}: {row.failure}" for row in rows if row.failure
    ]
    if failed:
        with st.expander(f"Failures: {len(failed)}"):
            st.markdown(listed(failed, most=50))


def _files(name: str, rows: Sequence[Row], board: Leaderboard) -> None:
    st.subheader("Files")
    with st.container(horizontal=True):
        _download("Leaderboard (Markdown)", leaderboard_markdown(name, rows, [board]), "md")
        _download("Leaderboard (CSV)", leaderboard_csv([board]), "csv")
        _download("Results (CSV)", results_csv(rows), "csv", "results")
        if board.difference is not None:
            _download("Diagram (SVG)", diagram(board), "svg", "critical-difference")


def _download(label: str, content: str, kind: str, stem: str = "leaderboard") -> None:
    st.download_button(label, content, file_name=f"{stem}.{kind}", on_click="ignore")
