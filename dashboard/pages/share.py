"""Share results: files to export, a link, a saved copy."""

import io
from collections.abc import Mapping, Sequence
from functools import partial

import streamlit as st

from dashboard.components.results import post_processing
from dashboard.components.results.shown_methods import (
    ShownMethod,
    ThresholdChoice,
    bundle_for,
    shown_methods,
)
from dashboard.components.run_panel import run_button
from dashboard.session import widgets
from dashboard.session.address import link
from dashboard.session.downloads import Downloads
from dashboard.session.job import ComparisonJob
from dashboard.session.state import Session, session
from dashboard.session.widgets import forget_unless
from dashboard.text import plain
from evaluation.bundle.bundle import SUFFIX
from evaluation.comparison.comparison import Comparison
from evaluation.comparison.storage import folder_name
from evaluation.decisions.masks import NO_PROCESSING, PostProcessing
from evaluation.level_threshold import Thresholds, level_threshold
from evaluation.onnx_export.folder import archive as onnx_archive
from evaluation.onnx_export.folder import why_not
from evaluation.report.export import write_export
from evaluation.report.html import ReportChoice, html_report
from evaluation.report.tables import scores_csv

REFRESH_SECONDS = 2.0
"""Between two looks whether a file could not be made."""


def show() -> None:
    """Draw the page."""
    mine = session()
    st.title("Share")
    job = mine.job
    comparison = job.comparison() if job else None
    if job is None or comparison is None or not comparison.results:
        st.markdown("This page exports and saves results. Run a comparison first.")
        run_button("share")
        return
    if not job.ended:
        st.info(
            "The comparison is still running. Exports contain the methods that have finished "
            "so far."
        )
    stem = folder_name(job.data.name, "comparison")
    methods = shown_methods(mine, job, ThresholdChoice.present(job))
    thresholds = {method.label: method.thresholds for method in methods}
    processing = post_processing.present()
    choice = ReportChoice(thresholds, processing=processing)
    st.header("Files")
    st.markdown(
        "The report is a single file with metrics, curves, heatmaps, methods and versions. The "
        "archive contains the report, the metrics (`results.json`), the image scores "
        "(`scores.csv`) and, for each image, the score map as 32-bit TIFF, the overlay and the "
        "predicted mask. All use the current thresholds"
        + (", and the masks use the post-processing." if processing != NO_PROCESSING else ".")
    )
    tuned = [method.label for method in methods if method.uses_labels]
    if tuned:
        st.caption(
            f"The report marks the threshold of {plain(', '.join(tuned))} as tuned on the test "
            "images."
        )
    downloads = mine.downloads
    with st.container(horizontal=True):
        st.download_button(
            "Report (HTML)",
            downloads.of(lambda: html_report(comparison, job.assessments(), choice)),
            file_name=f"{stem}.html",
            mime="text/html",
            icon=":material/description:",
            type="primary",
            on_click="ignore",
        )
        st.download_button(
            "Archive (ZIP)",
            downloads.of(lambda: _archive(comparison, job, thresholds, processing)),
            file_name=f"{stem}.zip",
            mime="application/zip",
            icon=":material/folder_zip:",
            on_click="ignore",
        )
        st.download_button(
            "Scores (CSV)",
            scores_csv(comparison, job.assessments()),
            file_name=f"{stem}-scores.csv",
            mime="text/csv",
            icon=":material/table:",
            on_click="ignore",
        )
    st.fragment(_trouble, run_every=REFRESH_SECONDS)(downloads)
    st.subheader("Methods")
    _methods(methods, comparison, ThresholdChoice.present(job), processing, downloads)
    _models(methods, comparison, downloads)
    st.header("Link")
    _link(mine, job)


def _methods(
    methods: Sequence[ShownMethod],
    comparison: Comparison,
    choice: ThresholdChoice,
    processing: PostProcessing,
    downloads: Downloads,
) -> None:
    st.markdown(
        "A method as one file, with the fitted model, the current thresholds and everything else "
        "that decides about new images. Use it on the page Apply, or in a script: "
        "`anomaly-compare predict FILE IMAGES --out DIR`."
    )
    with st.container(horizontal=True):
        for method in methods:
            st.download_button(
                f"Export {plain(method.label)}",
                downloads.of(partial(_exported, comparison, method, choice, processing)),
                file_name=folder_name(method.label) + SUFFIX,
                mime="application/octet-stream",
                icon=":material/deployed_code:",
                key=widgets.export_method(method.label),
                on_click="ignore",
            )


def _exported(
    comparison: Comparison,
    method: ShownMethod,
    choice: ThresholdChoice,
    processing: PostProcessing,
) -> bytes:
    return bundle_for(comparison, method, choice, processing).to_bytes()


def _trouble(downloads: Downloads) -> None:
    if downloads.trouble:
        st.error(plain(downloads.trouble))


def _models(
    methods: Sequence[ShownMethod],
    comparison: Comparison,
    downloads: Downloads,
) -> None:
    """Methods as files that score images elsewhere; says why one cannot be exported."""
    st.subheader("Methods as ONNX")
    by_label = {method.label: method for method in methods}
    reasons = {label: why_not(each.assessment.result) for label, each in by_label.items()}
    offered = [label for label, reason in reasons.items() if not reason]
    if offered:
        st.markdown(
            "An ONNX file gives the score map and the score of an image without this program. The "
            "archive also contains the current thresholds and the metrics (`model.json`) and a "
            "short example in Python."
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            forget_unless(widgets.ONNX_METHOD, offered)
            label = st.selectbox("Method", offered, key=widgets.ONNX_METHOD, width=300)
            st.download_button(
                "Export as ONNX",
                downloads.of(partial(_onnx, comparison, by_label[label])),
                file_name=f"{folder_name(f'{comparison.data.name}-{label}', 'model')}-onnx.zip",
                mime="application/zip",
                icon=":material/deployed_code:",
                on_click="ignore",
            )
    for reason in filter(None, reasons.values()):
        st.caption(plain(reason))


def _onnx(comparison: Comparison, method: ShownMethod) -> bytes:
    present = partial(level_threshold, chosen=method.thresholds)
    return onnx_archive(comparison, method.assessment, present)


def _link(mine: Session, job: ComparisonJob) -> None:
    st.markdown(
        "This link opens the comparison in its current view, as long as someone has it open. If "
        "you save the comparison, the link works on this computer until you delete its copy in "
        "the folder `results`, even after a restart of the server."
    )
    if job.ended and st.button("Save this comparison", icon=":material/save:", key=widgets.KEEP):
        with st.spinner("Saving ..."):
            folder = mine.comparisons.keep()
        st.success(f"Saved in {plain(str(folder))}.")
    st.code(link(mine, job), language=None, wrap_lines=True)


def _archive(
    comparison: Comparison,
    job: ComparisonJob,
    thresholds: Mapping[str, Thresholds],
    processing: PostProcessing,
) -> bytes:
    buffer = io.BytesIO()
    write_export(
        comparison,
        job.assessments(),
        buffer,
        thresholds=thresholds,
        processing=processing,
    )
    return buffer.getvalue()
