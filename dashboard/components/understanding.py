"""How the files of a data set were understood, and the controls to correct it."""

from collections.abc import Sequence

import streamlit as st

from dashboard.session import widgets
from dashboard.session.state import Session
from dashboard.text import listed, plain
from images.copies import copies
from images.dataset import DataSet
from images.errors import shown
from images.layouts import registry as layouts
from images.masks.mask_file import REMEDIES, Remedy
from images.roles.naming import natural_order
from images.roles.uses import ROLES
from images.words import count

AUTOMATIC = "Detect automatically"
FIXES: dict[Remedy, str] = {
    "threshold": "Remove faint pixels left by JPEG compression",
    "invert": "Invert masks that mark most of their image",
    "resize": "Resize masks to their images",
}


def understanding(mine: Session, data: DataSet) -> None:
    """How the files were understood, with choices of the set, the layout and folder roles."""
    if mine.images.uploads.files is None:
        return
    told, choice = st.columns([3, 1], gap="large")
    told.info(plain(data.understood), icon=":material/folder_open:")
    with choice:
        part_choice(mine)
        layout_choice(mine)
    given = [place.removesuffix("/") for place in mine.images.uploads.roles if place.endswith("/")]
    open_folders = data.undecided or _unexplained_folders(mine, data)
    folders = sorted({*open_folders, *given}, key=natural_order)
    if folders:
        st.markdown("What do these folders contain? The role applies to all images in a folder.")
    if len(data.undecided) > 1:
        st.button(
            "Each is a known class of normal images",
            key=widgets.ARE_CLASSES,
            icon=":material/category:",
            help="Test images in a folder called like one of these are then normal, and those of "
            "other folders belong to unknown classes.",
            on_click=mine.images.give_roles,
            args=({f"{each}/": f"normal/{each.rpartition('/')[2]}" for each in data.undecided},),
        )
    for start in range(0, len(folders), 4):
        for place, folder in zip(st.columns(4), folders[start : start + 4], strict=False):
            with place:
                _folder_choice(mine, folder)


def part_choice(mine: Session) -> None:
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


def layout_choice(mine: Session) -> None:
    """Let a person choose the folder layout."""
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
    name = folder.rpartition("/")[2]
    st.session_state[key] = mine.images.uploads.roles.get(f"{folder}/")
    st.selectbox(
        plain(shown(folder)),
        ["normal", f"normal/{name}", "test/good", f"test/{name}", "test", "mask", "not used"],
        index=None,
        placeholder="Choose a role",
        key=key,
        on_change=lambda: mine.images.give_roles({f"{folder}/": st.session_state[key]}),
    )


def file_warnings(data: DataSet) -> None:
    """The files that are not used, and doubts about those that are."""
    left = [finding for finding in data.findings if finding.role == "not used"]
    doubts = [finding.warning for finding in data.findings if finding.warning]
    if left:
        st.warning(
            f"{count(len(left), 'file')} not used:\n\n" + listed([finding.text for finding in left])
        )
    if doubts:
        st.warning(listed(doubts))
    same = copies(data)
    if same:
        st.warning(
            f"{count(len(same), 'test image')} with exactly the pixels of a normal image. What "
            "methods say about them proves nothing:\n\n"
            + listed([f"{one.name} is {other.name}" for one, other in same])
        )


def mask_fixes(mine: Session, data: DataSet) -> None:
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


def file_roles(mine: Session, data: DataSet) -> None:
    """A table of all files with their roles, which can be changed for uploaded files."""
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
        if role != old and (role in ROLES or role.startswith(("test/", "normal/")))
    }
    if changed:
        mine.images.give_roles(changed)
        st.rerun()


def _roles(data: DataSet) -> list[str]:
    """The role of every file, with the kind of a test image and the class of a normal one."""
    kinds = {
        picture.name: f"test/{picture.known_class or picture.kind}"
        for picture in data.test
        if picture.kind
    }
    kinds |= {
        picture.name: f"normal/{picture.known_class}"
        for picture in data.normal
        if picture.known_class
    }
    return [kinds.get(finding.name, finding.role) for finding in data.findings]
