"""Take results away: a link, a copy that stays, files."""

import io
import zipfile
from collections.abc import Callable

import streamlit as st

from dashboard.address import PARAMETER
from dashboard.jobs import AnyJob
from dashboard.run_panel import run_button
from dashboard.state import Session, session
from dashboard.text import plain
from evaluation.comparison import folder_name
from evaluation.tables import scores_csv, write_results


def show() -> None:
    """Draw the page."""
    mine = session()
    st.title("Hand over")
    job = mine.job
    comparison = job.comparison() if job else None
    if job is None or comparison is None or not comparison.results:
        st.markdown("Here you take results away, once methods have been run.")
        run_button("share")
        return
    if not job.ended:
        st.info("The comparison still runs; what you take now holds the methods finished so far.")
    stem = folder_name(job.data.name)
    st.subheader("Files")
    st.markdown(
        "The table of scores opens in any spreadsheet. The archive holds everything: images, "
        "masks, learned models, score maps as 32-bit TIFF, `results.json` and `scores.csv`."
    )
    with st.container(horizontal=True):
        st.download_button(
            "Scores (CSV)",
            scores_csv(comparison, job.assessments()),
            file_name=f"{stem}-scores.csv",
            mime="text/csv",
            icon=":material/table:",
            on_click="ignore",
        )
        st.download_button(
            "Everything (ZIP)",
            archive_maker(job),
            file_name=f"{stem}.zip",
            mime="application/zip",
            icon=":material/folder_zip:",
            on_click="ignore",
        )
    st.subheader("Open it again")
    _link(mine, job)


def _link(mine: Session, job: AnyJob) -> None:
    st.markdown(
        "The address of this page leads back to this comparison for as long as somebody has it "
        "open. Keep it, and the address works on this computer until you remove the copy in the "
        "folder `results`, even after the server was stopped."
    )
    if job.ended and st.button("Keep this comparison", icon=":material/save:", key="share.keep"):
        with st.spinner("It is being copied ..."):
            folder = mine.keep()
        st.success(f"Kept in {plain(str(folder))}.")
    st.code(f"?{PARAMETER}={job.token}", language=None)


def archive_maker(job: AnyJob) -> Callable[[], bytes]:
    """Makes the ZIP archive of a comparison when the button is pressed."""

    def make() -> bytes:
        comparison = job.comparison()
        assert comparison is not None
        write_results(comparison, job.assessments())
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for path in sorted(job.folder.rglob("*")):
                if path.is_file():
                    archive.write(path, path.relative_to(job.folder))
        return buffer.getvalue()

    return make
