"""Small pieces of HTML, with every text of a person or file escaped."""

import base64
from collections.abc import Iterable
from html import escape
from itertools import repeat

import streamlit as st

Figure = tuple[bytes, str, str]
"""A picture as JPEG or PNG, what it shows in words, and its caption (lines)."""


def pictures(look: str, figures: Iterable[Figure], places: Iterable[int] | None = None) -> None:
    """Pictures side by side; `look` is a class of `page.css`.

    With `places` each can be pressed, and what listens is told its place.
    """
    pressed = map(_pressable, places) if places is not None else repeat("")
    drawn = "".join(_figure(*one) for one in zip(figures, pressed, strict=False))
    st.html(f'<div class="{look}">{drawn}</div>')


def _pressable(place: int) -> str:
    return f' data-place="{place}" role="button" tabindex="0"'


def method_name(label: str, colour: str, more: str = "") -> None:
    """The name of a method with its colour."""
    st.html(
        f'<div class="method"><span class="chip" style="background:{escape(colour)}"></span>'
        f'<strong>{escape(label)}</strong><span class="more">{escape(more)}</span></div>'
    )


def _figure(figure: Figure, attributes: str) -> str:
    data, alternative, caption = figure
    kind = "png" if data.startswith(b"\x89PNG") else "jpeg"
    lines = "<br>".join(map(escape, caption.splitlines()))
    return (
        f'<figure title="{escape(alternative)}"><img alt="{escape(alternative)}"{attributes} '
        f'src="data:image/{kind};base64,{base64.b64encode(data).decode()}">'
        f"<figcaption>{lines}</figcaption></figure>"
    )
