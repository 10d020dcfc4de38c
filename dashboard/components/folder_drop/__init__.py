"""Takes a folder or an archive that is dropped anywhere on the page; see `folder_drop.js`."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import streamlit as st

from dashboard.session.widgets import FOLDER_DROP

VEIL = '<div class="veil" role="status" hidden>Drop a folder or a ZIP archive to use it</div>'


@cache
def _file(kind: str) -> str:
    return (Path(__file__).parent / f"folder_drop.{kind}").read_text(encoding="utf-8")


def take_dropped_folders(on_dropped: Callable[[], None]) -> None:
    """Let the uploaders of folders and archives take what is dropped on the page.

    Files of a folder keep their paths. `on_dropped` makes the page show these uploaders.
    """
    component = st.components.v2.component(
        "folder_drop", html=VEIL, css=_file("css"), js=_file("js")
    )
    component(key=FOLDER_DROP, height=1, on_dropped_change=on_dropped)
