"""Choose a sample or upload images, and see how each file is used."""

from collections.abc import Callable, Sequence
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.components import markup
from dashboard.components.draw_dialog import draw_button
from dashboard.components.gallery import gallery_of
from dashboard.components.run_panel import run_button
from dashboard.session import widgets
from dashboard.session.images import FIRST_SAMPLE
from dashboard.session.state import Session, session
from dashboard.text import count, listed, plain
from images.dataset import DataSet, Picture
from images.errors import ImageError, shown
from images.layouts import registry as layouts
from images.masks.mask_file import REMEDIES, Remedy
from images.roles.naming import natural_order
from images.roles.uses import ROLES
from images.samples.catalogue import samples

SAMPLE, UPLOAD = "Sample data", "Your images"
THUMBNAIL_SIDE = 240
AUTOMATIC = "Detect automatically"
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
        "Each detector learns what normal images look like and marks what is different in test "
        "images. Compare side by side what each one finds, where it is wrong and how long it "
        "takes."
    )
    source = st.segmented_control(
        "Images",
        [SAMPLE, UPLOAD],
        default=SAMPLE,
        required=True,
        key=widgets.SOURCE,
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
    st.session_state[widgets.SAMPLE] = mine.images.sample
    with choice:
        name = st.radio(
            "Sample",
            list(known),
            index=None,
            format_func=lambda name: known[name].title,
            key=widgets.SAMPLE,
            on_change=lambda: mine.images.choose_sample(st.session_state[widgets.SAMPLE]),
        )
    if mine.data is None and mine.images.sample is not None:
        with st.spinner("Preparing the sample ..."):
            mine.images.use_sample(mine.images.sample)
    with about:
        st.markdown(plain(known[name].about if name else "You have selected different images."))
        run_button("sample")


def _upload(mine: Session) -> None:
    st.markdown(
        "Upload some normal images to train on and some test images. Masks show where the "
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
                "Includes subfolders. With more than a few hundred files, a ZIP archive is faster.",
            )
        with archive:
            _uploader(mine, "archive", "ZIP archive", "Replaces all other uploads.")
    if mine.images.uploads.changed or mine.images.uploads.reading_changed:
        _take_uploads(mine)
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
    if mine.images.uploads.files is not None:
        if mine.data is None:
            _not_understood(mine)
        run_button("upload")


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
    _part_choice(mine)
    _layout_choice(mine)


def _part_choice(mine: Session) -> None:
    """Let a person choose one of several sets."""
    parts = mine.images.uploads.parts
    if not parts:
        return
    st.session_state[widgets.PART] = mine.images.uploads.part
    st.selectbox(
        f"The upload holds {len(parts)} data sets. Which one do you want to use?",
        parts,
        index=None,
        format_func=shown,
        placeholder="Choose a set",
        key=widgets.PART,
        on_change=lambda: mine.images.uploads.choose_part(st.session_state[widgets.PART]),
    )


def _layout_choice(mine: Session) -> None:
    """Let a person say in which layout files are."""
    st.session_state[widgets.LAYOUT] = mine.images.uploads.layout or AUTOMATIC
    st.selectbox(
        "Folder layout",
        [AUTOMATIC, *layouts.names()],
        format_func=lambda name: name if name == AUTOMATIC else layouts.get(name).title,
        key=widgets.LAYOUT,
        help="How folder and file names tell normal images, test images and masks apart.",
        on_change=_choose_layout,
        args=(mine,),
    )


def _choose_layout(mine: Session) -> None:
    name = st.session_state[widgets.LAYOUT]
    mine.images.uploads.choose_layout(None if name == AUTOMATIC else name)


def _understanding(mine: Session, data: DataSet) -> None:
    """How the files were understood, and what a person is to say of them."""
    if mine.images.uploads.files is None:
        return
    told, choice = st.columns([3, 1], gap="large")
    told.info(plain(data.understood), icon=":material/folder_open:")
    with choice:
        _part_choice(mine)
        _layout_choice(mine)
    given = [place.removesuffix("/") for place in mine.images.uploads.roles if place.endswith("/")]
    open_folders = data.undecided or _unexplained_folders(mine, data)
    folders = sorted({*open_folders, *given}, key=natural_order)
    if folders:
        st.markdown("What do these folders contain? The role applies to all images in a folder.")
    for start in range(0, len(folders), 4):
        for place, folder in zip(st.columns(4), folders[start : start + 4], strict=False):
            with place:
                _folder_choice(mine, folder)


def _unexplained_folders(mine: Session, data: DataSet) -> Sequence[str]:
    """The folders of test images where nothing is normal and nobody has said what they hold."""
    if data.normal or mine.images.uploads.files is None:
        return ()
    by_role = {file.name for file in mine.images.uploads.files.files if file.handed_in is not None}
    return sorted(
        {
            picture.name.rpartition("/")[0]
            for picture in data.test
            if picture.kind is None and "/" in picture.name and picture.name not in by_role
        }
    )


def _folder_choice(mine: Session, folder: str) -> None:
    key = widgets.folder_role(folder)
    kind = f"test/{folder.rpartition('/')[2]}"
    st.session_state[key] = mine.images.uploads.roles.get(f"{folder}/")
    st.selectbox(
        plain(shown(folder)),
        ["normal", "test/good", kind, "test", "mask", "not used"],
        index=None,
        placeholder="Choose a role",
        key=key,
        on_change=lambda: mine.images.give_roles({f"{folder}/": st.session_state[key]}),
    )


def _preview(mine: Session, data: DataSet) -> None:
    gallery = gallery_of(mine, data)
    with st.container():  # so that all below stays in its place on the page whatever is said here
        _understanding(mine, data)
        _warnings(data)
        _mask_fixes(mine, data)
    normal, test = st.columns(2, gap="large")
    with normal:
        st.subheader(f"{count(len(data.normal), 'normal image')} for training")
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
            st.caption("The blue line is the outline of the mask.")
        if any(picture.read_counted for picture in data.test):
            st.caption("Dark areas are outside the region of interest and not used for metrics.")
        unknown = sum(not picture.kind and not picture.read_mask for picture in data.test)
        if unknown:
            which = (
                "the test images" if unknown == len(data.test) else f"{unknown} of the test images"
            )
            st.caption(
                f"The kind of {which} is unknown. To get image metrics, give the normal ones "
                "the role test/good in the table below, or put them in a folder test/good."
            )
    with st.expander(f"How each of the {len(data.findings)} files is used"):
        _findings(mine, data)


def _drawing(data: DataSet) -> None:
    """The way to draw on test images, which is also how a single image is enough."""
    if not data.normal:
        st.info(
            "There is no normal image to train on. If you have none, mark a part of a test image "
            "as normal. The methods are trained on that part and applied to the rest.",
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
            -(-len(pictures) // A_STRIP), key=widgets.thumbnails_page(key), persist_state="session"
        )
    shown = range((page - 1) * A_STRIP, min(page * A_STRIP, len(pictures)))
    markup.pictures("thumbnails", (_thumbnail(pictures[index], make(index)) for index in shown))


def _thumbnail(picture: Picture, data: bytes) -> markup.Figure:
    kind = picture.kind or ("kind by its mask" if picture.read_mask else "kind unknown")
    return data, f"{picture.name}, {kind}", f"{picture.name.rsplit('/', 1)[-1]}\n{kind}"


def _warnings(data: DataSet) -> None:
    left = [finding for finding in data.findings if finding.role == "not used"]
    doubts = [finding.warning for finding in data.findings if finding.warning]
    if left:
        st.warning(
            f"{count(len(left), 'file')} not used:\n\n" + listed([finding.text for finding in left])
        )
    if doubts:
        st.warning(listed(doubts))


def _mask_fixes(mine: Session, data: DataSet) -> None:
    """Remedies for masks that look wrong."""
    if mine.images.uploads.files is None:
        return
    for remedy in REMEDIES:
        masks = [finding.name for finding in data.findings if remedy in finding.remedies]
        if masks:
            key = widgets.mask_fix(remedy, mine.images.uploads.round)
            st.checkbox(
                f"{FIXES[remedy]} ({count(len(masks), 'mask')})",
                value=remedy in mine.images.uploads.remedies,
                key=key,
                help=plain(", ".join(masks[:20]) + (", ..." if len(masks) > 20 else "")),
                on_change=_fix,
                args=(mine, remedy, key),
            )


def _fix(mine: Session, remedy: Remedy, key: str) -> None:
    mine.images.fix_masks(remedy, st.session_state[key])


def _findings(mine: Session, data: DataSet) -> None:
    import pandas as pd

    roles = _roles(data)
    table = pd.DataFrame(
        {
            "File": [finding.name for finding in data.findings],
            "Role": roles,
            "Details": [finding.text for finding in data.findings],
        }
    )
    if mine.images.uploads.files is None:
        st.dataframe(table, hide_index=True)
        return
    st.caption(
        "Change the role of a file here if it is wrong. test/good means a test image without "
        "defects."
    )
    edited = st.data_editor(
        table,
        hide_index=True,
        disabled=["File", "Details"],
        column_config={
            "Role": st.column_config.SelectboxColumn(
                options=[*ROLES, *sorted(set(roles) - set(ROLES))], required=True
            )
        },
        key=widgets.file_roles(len(mine.images.uploads.roles)),
    )
    changed = {
        finding.name: role
        for finding, old, role in zip(data.findings, roles, edited["Role"], strict=True)
        if role != old and (role in ROLES or role.startswith("test/"))
    }
    if changed:
        mine.images.give_roles(changed)
        st.rerun()


def _roles(data: DataSet) -> list[str]:
    """The role of every file, with the kind of a test image."""
    kinds = {picture.name: picture.kind for picture in data.test if picture.kind}
    return [
        f"test/{kinds[finding.name]}" if finding.name in kinds else finding.role
        for finding in data.findings
    ]
