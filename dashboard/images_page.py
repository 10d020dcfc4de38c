"""Choose a sample or hand in images, and see how every file was understood."""

from collections.abc import Callable, Sequence
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import markup
from dashboard.draw_dialog import draw_button
from dashboard.run_panel import run_button
from dashboard.state import FIRST_SAMPLE, Session, session
from dashboard.text import count, listed, plain
from images.dataset import DataSet, Picture
from images.errors import ImageError
from images.masks import REMEDIES, Remedy
from images.samples import samples
from images.understanding import ROLES

SAMPLE, UPLOAD = "Sample data", "Your images"
THUMBNAIL_SIDE = 240
FIXES: dict[Remedy, str] = {
    "threshold": "Remove faint pixels left by JPEG compression",
    "invert": "Invert masks that mark most of their image",
    "resize": "Resize masks to their images",
}
A_STRIP = 24
"""Thumbnails that are shown at one time."""


def show() -> None:
    """Draw the page."""
    mine = session()
    st.title("Compare anomaly detectors on images")
    st.markdown(
        "Several detectors learn what normal images look like and mark what differs in test "
        "images. See side by side what each one finds, where it is wrong and what it costs."
    )
    source = st.segmented_control(
        "Images",
        [SAMPLE, UPLOAD],
        default=SAMPLE,
        required=True,
        key="images.source",
        persist_state="session",
        label_visibility="collapsed",
    )
    if source == UPLOAD:
        _upload(mine)
    else:
        _sample(mine)
    if mine.data is not None:
        _preview(mine, mine.data)


def _sample(mine: Session) -> None:
    known = samples()
    choice, about = st.columns([1, 2], gap="large")
    st.session_state["images.sample"] = mine.sample
    with choice:
        name = st.radio(
            "Sample",
            list(known),
            index=None,
            format_func=lambda name: known[name].title,
            key="images.sample",
            on_change=lambda: mine.choose_sample(st.session_state["images.sample"]),
        )
    if mine.data is None and mine.sample is not None:
        with st.spinner("The sample is being made ..."):
            mine.use_sample(mine.sample)
    with about:
        st.markdown(plain(known[name].about if name else "Other images are chosen now."))
        run_button("sample")


def _upload(mine: Session) -> None:
    st.markdown(
        "Give some normal images to learn from and the images to be judged. Masks say where "
        "defects really are and are optional: without them you see heatmaps, but no pixel figures."
    )
    columns = st.columns(3)
    uploaders = (
        ("normal", "Normal images", "Without defects; a handful is enough to start."),
        ("test", "Test images", "To be judged; with and without defects."),
        ("masks", "Masks (optional)", "Named like their image: a.png with a_mask.png or a.png."),
    )
    for column, (role, label, text) in zip(columns, uploaders, strict=True):
        with column:
            _uploader(mine, role, label, text)
    with st.expander("A whole folder or a ZIP archive instead"):
        st.markdown(
            "In the layout `train/good`, `test/<kind>`, `ground_truth/<kind>`, or with folders and "
            "file names that say as much."
        )
        folder, archive = st.columns(2)
        with folder:
            _uploader(
                mine,
                "folder",
                "Folder",
                "All files in it and below it; beyond some hundred a ZIP is quicker.",
            )
        with archive:
            _uploader(mine, "archive", "ZIP archive", "Replaces everything else.")
    if mine.uploads_changed:
        mine.uploads_changed = False
        _take_uploads(mine)
    if any(mine.uploads.values()):
        held = ", ".join(
            f"{count(len(files), 'file')} as {role}"
            for role, files in mine.uploads.items()
            if files
        )
        told, remove = st.columns([4, 1], vertical_alignment="center")
        told.caption(f"Handed in: {held}.")
        remove.button(
            "Remove all",
            icon=":material/delete:",
            key="images.remove",
            on_click=_remove_all,
            args=(mine,),
        )
    elif mine.sample is not None:
        st.info("Until you hand in images, the sample stays chosen.")
    if mine.files is not None:
        run_button("upload")


def _uploader(mine: Session, role: str, label: str, text: str) -> None:
    several: bool | Literal["directory"] = role != "archive"
    if role == "folder":
        several = "directory"
    key = f"images.upload.{role}.{mine.upload_round}"
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
    mine.uploads[role] = [(file.name, file.getvalue()) for file in files]
    mine.uploads_changed = True


def _remove_all(mine: Session) -> None:
    mine.uploads.clear()
    mine.remedies.clear()
    mine.upload_round += 1
    mine.uploads_changed = True


def _take_uploads(mine: Session) -> None:
    bar = st.progress(0.0, text="The files are being read ...")
    try:
        mine.use_uploads(lambda done: _advance(bar, done))
    except ImageError as error:
        st.error(plain(str(error)))
    bar.empty()
    if mine.files is None:
        mine.use_sample(FIRST_SAMPLE)


def _advance(bar: DeltaGenerator, done: float) -> None:
    bar.progress(done, text="The files are being read ...")


def _preview(mine: Session, data: DataSet) -> None:
    gallery = mine.gallery(data)
    _warnings(data)
    _mask_fixes(mine, data)
    normal, test = st.columns(2, gap="large")
    with normal:
        st.subheader(f"{count(len(data.normal), 'normal image')} to learn from")
        _strip(
            "normal",
            data.normal,
            lambda index: gallery.normal(index, THUMBNAIL_SIDE).data,
        )
    with test:
        st.subheader(f"{count(len(data.test), 'test image')}")
        if data.test:
            _drawing(data)
        _strip("test", data.test, lambda index: gallery.preview(index, THUMBNAIL_SIDE))
        if any(picture.read_mask for picture in data.test):
            st.caption("The blue line is the border of the mask.")
        if any(picture.read_counted for picture in data.test):
            st.caption("No figure looks where an image is dark.")
        if data.test and not any(picture.kind for picture in data.test):
            st.caption(
                "Nobody has said which test images are normal. Give them the role test/good in the "
                "table below, or put them into a folder test/good, to get figures over images."
            )
    with st.expander(f"How each of the {len(data.findings)} files was understood"):
        _findings(mine, data)


def _drawing(data: DataSet) -> None:
    """The way to draw on test images, which is also how a single image is enough."""
    if not data.normal:
        st.info(
            "There is no normal image to learn from. If you have none, mark a part of a test image "
            "as normal: the methods learn from it and judge the rest.",
            icon=":material/lightbulb:",
        )
    draw_button()


def _strip(key: str, pictures: Sequence[Picture], make: Callable[[int], bytes]) -> None:
    """Thumbnails with their names, a page at a time."""
    if not pictures:
        return
    page = 1
    if len(pictures) > A_STRIP:
        page = st.pagination(
            -(-len(pictures) // A_STRIP), key=f"images.page.{key}", persist_state="session"
        )
    shown = range((page - 1) * A_STRIP, min(page * A_STRIP, len(pictures)))
    markup.pictures("thumbnails", (_thumbnail(pictures[index], make(index)) for index in shown))


def _thumbnail(picture: Picture, data: bytes) -> markup.Figure:
    kind = picture.kind or "kind not known"
    return data, f"{picture.name}, {kind}", f"{picture.name.rsplit('/', 1)[-1]}\n{kind}"


def _warnings(data: DataSet) -> None:
    left = [finding for finding in data.findings if finding.role == "left over"]
    doubts = [finding.warning for finding in data.findings if finding.warning]
    if left:
        st.warning(
            f"{count(len(left), 'file')} left over, everything else goes on:\n\n"
            + listed([finding.text for finding in left])
        )
    if doubts:
        st.warning(listed(doubts))


def _mask_fixes(mine: Session, data: DataSet) -> None:
    """Remedies for masks that look wrong."""
    if mine.files is None:
        return
    for remedy in REMEDIES:
        masks = [finding.name for finding in data.findings if remedy in finding.remedies]
        if masks:
            key = f"images.fix.{remedy}.{mine.upload_round}"
            st.checkbox(
                f"{FIXES[remedy]} ({count(len(masks), 'mask')})",
                value=remedy in mine.remedies,
                key=key,
                help=plain(", ".join(masks[:20]) + (", ..." if len(masks) > 20 else "")),
                on_change=_fix,
                args=(mine, remedy, key),
            )


def _fix(mine: Session, remedy: Remedy, key: str) -> None:
    mine.fix_masks(remedy, st.session_state[key])


def _findings(mine: Session, data: DataSet) -> None:
    import pandas as pd

    roles = _roles(data)
    table = pd.DataFrame(
        {
            "File": [finding.name for finding in data.findings],
            "Role": roles,
            "How it was understood": [finding.text for finding in data.findings],
        }
    )
    if mine.files is None:
        st.dataframe(table, hide_index=True)
        return
    st.caption(
        "Change a role where a file was understood wrongly; test/good is a test image without "
        "defects."
    )
    edited = st.data_editor(
        table,
        hide_index=True,
        disabled=["File", "How it was understood"],
        column_config={
            "Role": st.column_config.SelectboxColumn(
                options=[*ROLES, *sorted(set(roles) - set(ROLES))], required=True
            )
        },
        key=f"images.roles.{len(mine.roles)}",
    )
    changed = {
        finding.name: role
        for finding, old, role in zip(data.findings, roles, edited["Role"], strict=True)
        if role != old
    }
    if changed:
        mine.give_roles(changed)
        st.rerun()


def _roles(data: DataSet) -> list[str]:
    """The role of every file, with the kind of a test image."""
    kinds = {picture.name: picture.kind for picture in data.test if picture.kind}
    return [
        f"test/{kinds[finding.name]}" if finding.name in kinds else finding.role
        for finding in data.findings
    ]
