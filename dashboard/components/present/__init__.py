"""The browser's part that presents images full screen, on the page and in a file of its own.

The file opens without a network: its pictures stand in it as data addresses.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

import streamlit as st

from dashboard.components.front_end import front_end
from dashboard.components.layers import MethodLayer, PictureRow
from evaluation.report.palette import COLOUR_MAPS, hex_colours


@dataclass(frozen=True)
class Presentation:
    """What is presented: a cover, an image a page, and the curves at the end."""

    title: str
    notes: str
    verdict: str
    table: Sequence[Sequence[str]]
    """Cells by row; the first row is the heading."""
    methods: Sequence[MethodLayer]
    rows: Sequence[PictureRow]
    captions: Sequence[str]
    """What the presenter says of each image; empty where nothing."""
    closing: str
    """The address of the picture of curves and numbers."""

    def data(self) -> dict[str, Any]:
        """As `present.js` takes it."""
        rows = [
            asdict(row) | {"caption": caption}
            for row, caption in zip(self.rows, self.captions, strict=True)
        ]
        return asdict(self) | {"rows": rows, "colours": hex_colours(next(iter(COLOUR_MAPS)))}


def present(presentation: Presentation, *, key: str) -> None:
    """Draw the button that opens the presentation."""
    files = front_end("present")
    component = st.components.v2.component(
        "present", html=files["html"], css=files["css"], js=files["js"]
    )
    component(key=key, data=presentation.data())


def standalone(presentation: Presentation) -> str:
    """The presentation as one HTML file; all its addresses must be `data_address`es."""
    files = front_end("present")
    data = json.dumps(presentation.data() | {"open": True}).replace("<", "\\u003c")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(presentation.title)}</title><style>{files['css']}</style></head>"
        f"<body><main>{files['html']}</main>"
        f'<script type="application/json" id="data">{data}</script>'
        f'<script type="module">{files["js"]}\n'
        'const data = JSON.parse(document.getElementById("data").textContent);\n'
        "present({ parentElement: document.body, data });\n"
        "</script></body></html>"
    )


def data_address(data: bytes, *place: object) -> str:
    """A picture as an address that holds it; `place` is not needed."""
    kind = "png" if data.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
