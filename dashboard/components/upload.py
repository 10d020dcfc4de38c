"""Uploaders for images, masks, folders and archives."""

from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.components.next_step_view import next_step_view
from dashboard.components.run_panel import run_button
from dashboard.components.understanding import layout_choice, part_choice
from dashboard.session import widgets
from dashboard.session.images import FIRST_SAMPLE
from dashboard.session.state import Session
from dashboard.text import plain
from images.errors import ImageError
from images.words import count


def upload(mine: Session) -> None:
    """The uploaders, what they hold, and why it cannot be used if so."""
    st.markdown(
        "Drop a folder anywhere on this page, or upload some normal images to train on and some "
        "test images. Masks show where the "
        "defects are. They are optional: without masks you get heatmaps, but no pixel metrics."
    )
    columns = st.columns(3)
    uploaders = (
        ("normal", "Normal images", "Images without defects. A handful is enough to start."),
        ("test", "Test images", "Images with and without defects."),
        ("masks", "Masks (optional)", "Named after their image: a_mask.png or a.png for a.png."),
    )
    for column, (role, label, text) in zip(columns, uploaders, strict=True):
        with column:
            _uploader(mine, role, label, text)
    with st.expander("A whole folder or a ZIP archive instead"):
        st.markdown(
            "Use the layout `train/good`, `test/<kind>`, `ground_truth/<kind>`, the layout of "
            "another published data set, or folder and file names that show the role of each "
            "image."
        )
        folder, archive = st.columns(2)
        with folder:
            _uploader(
                mine,
                "folder",
                "Folder",
                "Choose or drop a folder; subfolders are included. With more than a few hundred "
                "files, a ZIP archive is faster.",
            )
        with archive:
            _uploader(mine, "archive", "ZIP archive", "Replaces all other uploads.")
    if mine.images.uploads.changed or mine.images.uploads.reading_changed:
        _take_uploads(mine)
    _held(mine)
    if mine.images.uploads.files is not None:
        if mine.data is None:
            _not_understood(mine)
        else:
            next_step_view(mine, mine.data, "images")
        run_button("upload")


def _held(mine: Session) -> None:
    """What is uploaded so far, and the way to remove it."""
    if any(mine.images.uploads.held.values()):
        held = ", ".join(
            f"{count(len(files), 'file')} as {role}"
            for role, files in mine.images.uploads.held.items()
            if files
        )
        told, remove = st.columns([4, 1], vertical_alignment="center")
        told.caption(f"Uploaded: {held}.")
        remove.button(
            "Remove all",
            icon=":material/delete:",
            key=widgets.REMOVE_UPLOADS,
            on_click=mine.images.uploads.remove_all,
        )
    elif mine.images.sample is not None:
        st.info("The sample stays selected until you upload images.")


def _uploader(mine: Session, role: str, label: str, text: str) -> None:
    several: bool | Literal["directory"] = role != "archive"
    if role == "folder":
        several = "directory"
    key = widgets.uploader(role, mine.images.uploads.round)
    st.file_uploader(
        label,
        accept_multiple_files=several,
        type="zip" if role == "archive" else None,
        key=key,
        help=text,
        on_change=_hold,
        args=(mine, role, key),
    )


def _hold(mine: Session, role: str, key: str) -> None:
    """Keep the files of an uploader, which forgets them when the page is changed."""
    given = st.session_state[key]
    files = given if isinstance(given, list) else [given] if given is not None else []
    mine.images.uploads.hold(role, [(file.name, file.getvalue()) for file in files])


def _take_uploads(mine: Session) -> None:
    bar = st.progress(0.0, text="Reading the files ...")
    handed_in, mine.images.uploads.changed = mine.images.uploads.changed, False
    try:
        if handed_in:
            mine.images.use_uploads(lambda done: _advance(bar, done))
        else:
            mine.images.read_uploads(lambda done: _advance(bar, done))
    except ImageError as error:
        st.error(plain(str(error)))
    bar.empty()
    if mine.images.uploads.files is None:
        mine.images.use_sample(FIRST_SAMPLE)


def _advance(bar: DeltaGenerator, done: float) -> None:
    bar.progress(done, text="Reading the files ...")


def _not_understood(mine: Session) -> None:
    """Why there is nothing to show of what was handed in, and the way on."""
    if mine.images.uploads.trouble:
        st.error(plain(mine.images.uploads.trouble))
    part_choice(mine)
    layout_choice(mine)
