"""Present the results: full screen, as a file of its own, or as pages to print."""

from collections.abc import Sequence

import streamlit as st

from dashboard.components.gallery import address, gallery_of
from dashboard.components.present import Presentation, data_address, present, standalone
from dashboard.components.results import post_processing
from dashboard.components.results.picture_filter import first_to_show
from dashboard.components.results.result_rows import method_layer, picture_row
from dashboard.components.results.results_table import presented_table, verdict_text
from dashboard.components.results.shown_methods import (
    ShownMethod,
    ThresholdChoice,
    shown_methods,
)
from dashboard.components.run_panel import run_button
from dashboard.session import widgets
from dashboard.session.job import ComparisonJob
from dashboard.session.state import Session, session
from dashboard.text import plain
from evaluation.comparison.storage import folder_name
from evaluation.decisions.masks import PostProcessing
from evaluation.report.sheet import Sheet, SheetMethod, closing_page, sheet_pdf
from images.errors import shown

SIDE = 960
"""Longest side of a picture that is presented, pixels."""
FIRST = 6
"""Images that are presented until a person chooses others."""


def show() -> None:
    """Draw the page."""
    mine = session()
    st.title("Present")
    job = mine.job
    comparison = job.comparison() if job else None
    if job is None or comparison is None or not comparison.results:
        st.markdown("This page shows results full screen. Run a comparison first.")
        run_button("present")
        return
    methods = shown_methods(mine, job, ThresholdChoice.present(job))
    title, notes, images = _choices(job, methods)
    if not images:
        st.info("Choose at least one image.")
        return
    captions, processing = _captions(job, images), post_processing.present()
    sheet = Sheet(
        title,
        notes,
        verdict_text(methods),
        tuple(presented_table(methods)),
        tuple(
            SheetMethod(method.assessment, method.colour, method.threshold, method.image_threshold)
            for method in methods
        ),
        job.data,
        tuple(zip(images, captions, strict=True)),
        processing,
    )
    with st.spinner("Preparing the pictures ..."):
        closing = _closing(sheet, _signature(methods, title))
        place = address(closing, "closing")
        here = _presentation(mine, sheet, methods, processing, place, hosted=True)
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(width=104):
            present(here, key=widgets.PRESENTED)
        stem = folder_name(title, "presentation")
        st.download_button(
            "HTML",
            lambda: standalone(
                _presentation(mine, sheet, methods, processing, data_address(closing), hosted=False)
            ),
            file_name=f"{stem}.html",
            mime="text/html",
            icon=":material/slideshow:",
            on_click="ignore",
            help="The same presentation as one file that opens in any browser, without a network.",
        )
        st.download_button(
            "PDF",
            lambda: sheet_pdf(sheet),
            file_name=f"{stem}.pdf",
            mime="application/pdf",
            icon=":material/picture_as_pdf:",
            on_click="ignore",
            help="A page for each image, then curves and numbers.",
        )
    st.markdown(
        "Keys: arrows for the next image, **B** or space to blink between image and heatmap, **C** "
        "for a curtain between two methods, **M** for the true defect, **F** for full screen, "
        "**Escape** to end. On a phone, swipe."
    )
    st.caption(plain(here.verdict))


def _choices(job: ComparisonJob, methods: Sequence[ShownMethod]) -> tuple[str, str, list[int]]:
    """Title, notes and images, as the presenter sets them."""
    test = job.data.test
    first = f"Defects in {job.data.name}"
    title = st.text_input(
        "Title",
        max_chars=120,
        key=widgets.PRESENT_TITLE,
        persist_state="session",
        placeholder=first,
    )
    notes = st.text_area(
        "Notes",
        max_chars=2000,
        height=100,
        key=widgets.PRESENT_NOTES,
        persist_state="session",
        placeholder="What the audience reads on the first page",
    )
    images = st.multiselect(
        "Images",
        range(len(test)),
        default=first_to_show(methods, FIRST),
        format_func=lambda at: f"{shown(test[at].name)}, {test[at].kind or 'not known'}",
        key=widgets.present_images(job.token),
        persist_state="session",
        help="In the order in which they are presented.",
    )
    return title.strip() or first, notes.strip(), images


def _captions(job: ComparisonJob, images: Sequence[int]) -> list[str]:
    """What the presenter says of each image."""
    with st.expander("A sentence for each image"):
        return [
            st.text_input(
                plain(shown(job.data.test[at].name)),
                max_chars=200,
                key=widgets.present_caption(job.token, at),
                persist_state="session",
            ).strip()
            for at in images
        ]


def _presentation(
    mine: Session,
    sheet: Sheet,
    methods: tuple[ShownMethod, ...],
    processing: PostProcessing,
    closing: str,
    *,
    hosted: bool,
) -> Presentation:
    """What `present.js` shows; with pictures hosted by this server, or inside the file."""
    gallery = gallery_of(mine, sheet.data)
    return Presentation(
        sheet.title,
        sheet.notes,
        sheet.verdict,
        sheet.table,
        [method_layer(gallery, method) for method in methods],
        [
            picture_row(
                gallery,
                methods,
                index,
                SIDE,
                processing=processing,
                place=address if hosted else data_address,
            )
            for index, _ in sheet.images
        ],
        [caption for _, caption in sheet.images],
        closing,
    )


def _signature(methods: Sequence[ShownMethod], title: str) -> str:
    """What the picture of curves and numbers depends on."""
    parts = [
        (str(method.assessment.result.folder), method.threshold, method.image_threshold)
        for method in methods
    ]
    return repr((title, parts))


@st.cache_data(max_entries=20, show_spinner=False)
def _closing(_sheet: Sheet, signature: str) -> bytes:
    """Curves and numbers as a picture; `signature` tells sheets apart."""
    return closing_page(_sheet)
