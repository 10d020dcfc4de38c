"""The browser's part in which a person draws rectangles and brush strokes on an image.

Shapes come back in pixels of the image itself, whatever the size at which it is shown; see
`drawing.js`.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from pydantic import TypeAdapter

from images.drawing.shapes import Rectangle, Shape, Stroke

FOLDER = Path(__file__).parent
_SHAPES: TypeAdapter[list[Rectangle | Stroke]] = TypeAdapter(list[Rectangle | Stroke])


@cache
def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def drawing(
    address: str,
    size: tuple[int, int],
    shapes: Sequence[Shape],
    *,
    key: str,
    label: str,
    on_shapes: Callable[[], None],
    below: str | None = None,
    brush: bool = True,
    colour: str,
) -> None:
    """Draw on the picture at an address, of an image of this width and height.

    `below` is the address of a picture of what is marked already, white where it is. Without
    `brush` there are rectangles alone. The callback finds what is drawn with `drawn_shapes`.
    """
    component = st.components.v2.component(
        "drawing", html=_read("drawing.html"), css=_read("drawing.css"), js=_read("drawing.js")
    )
    component(
        key=key,
        data={
            "image": address,
            "size": size,
            "shapes": [asdict(shape) for shape in shapes],
            "below": below,
            "brush": brush,
            "colour": colour,
            "label": label,
        },
        on_shapes_change=on_shapes,
    )


def drawn_shapes(key: str) -> tuple[Shape, ...]:
    """Inside the callback: everything that is drawn now."""
    value: Any = st.session_state[key].get("shapes")
    return tuple(_SHAPES.validate_python(value or []))
