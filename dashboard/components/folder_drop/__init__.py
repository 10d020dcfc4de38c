"""Lets files of a folder that is dropped on the page keep their folders; see `folder_drop.js`."""

from functools import cache
from pathlib import Path

import streamlit as st


@cache
def _script() -> str:
    return (Path(__file__).parent / "folder_drop.js").read_text(encoding="utf-8")


def keep_dropped_folders() -> None:
    """Make the uploader of folders keep them; shows nothing."""
    st.components.v2.component("folder_drop", html="<span></span>", js=_script())(
        key="folder_drop", height=1
    )
