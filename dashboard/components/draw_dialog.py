"""Draw a defect mask, a region of interest or a normal part on a test image."""

from collections.abc import Mapping

import streamlit as st

from dashboard.components.drawing import drawing, drawn_shapes
from dashboard.components.gallery import address, gallery_of
from dashboard.components.pictures import WHOLE_SIDE
from dashboard.errors import guarded
from dashboard.session import widgets
from dashboard.session.drawn import Drawn, Purpose
from dashboard.session.state import Session, session
from evaluation.report.palette import MASK_COLOUR
from images.dataset import DataSet
from images.errors import shown
from images.words import count

TITLES: Mapping[Purpose, str] = {
    "mask": "Defect mask",
    "region": "Region of interest",
    "normal": "Normal part",
}
TEXTS: Mapping[Purpose, str] = {
    "mask": "Mark the defects. The drawing works like an uploaded mask. If the image already has "
    "a mask, you edit that mask.",
    "region": "Mark the region that metrics and thresholds use, the same in all images. Images "
    "of a different size are not used. If nothing is marked, all pixels are used.",
    "normal": "Mark rectangles without defects, as large as possible. The methods are trained on "
    "them and applied to the rest of the image.",
}
COLOURS: Mapping[Purpose, str] = {"mask": MASK_COLOUR, "region": "#e69f00", "normal": "#009e73"}


def draw_button() -> None:
    """The button that opens the window, and the window as long as it is open."""
    mine = session()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Draw on an image",
            icon=":material/draw:",
            key=widgets.DRAW,
            help="Draw defects, a region of interest or a normal part on an image.",
            on_click=_set_open,
            args=(True,),
        )
        drawn = mine.images.drawn_here
        if drawn != Drawn(region_on=drawn.region_on):
            st.caption(told(drawn))
    if st.session_state.get(widgets.DRAW_OPEN):
        _dialog(mine)


def open_window() -> None:
    """Let the page of the images open the window when it is drawn next."""
    _set_open(True)


def _set_open(now: bool = False) -> None:
    st.session_state[widgets.DRAW_OPEN] = now


@st.dialog("Draw on an image", width="large", on_dismiss=_set_open)
def _dialog(mine: Session) -> None:
    window(mine)


@guarded
def window(mine: Session) -> None:
    """What is in it."""
    data = mine.images.source
    assert data is not None
    learns = bool(data.normal)
    which, what = st.columns([3, 2], vertical_alignment="bottom")
    purpose: Purpose = what.segmented_control(
        "Purpose",
        list(TITLES),
        format_func=lambda purpose: TITLES[purpose],
        default="mask" if learns else "normal",
        required=True,
        key=widgets.DRAW_PURPOSE,
        label_visibility="collapsed",
    )
    index = which.selectbox(
        "Test image",
        range(len(data.test)),
        format_func=lambda at: shown(data.test[at].name),
        key=widgets.DRAW_IMAGE,
    )
    st.markdown(TEXTS[purpose])
    _canvas(mine, data, purpose, index)
    marked = mine.images.drawn.marked(purpose, data.test[index])
    st.caption(f"{marked:,} pixels marked on this image. {told(mine.images.drawn_here)}")


def _canvas(mine: Session, data: DataSet, purpose: Purpose, index: int) -> None:
    gallery = gallery_of(mine, data)
    photograph = gallery.test(index, WHOLE_SIDE)
    picture = data.test[index]
    name = picture.name
    key = widgets.canvas(purpose, index, picture.identity)
    mask = gallery.mask(index, WHOLE_SIDE) if purpose == "mask" else None
    drawing(
        address(photograph.data, "draw", index),
        (photograph.width, photograph.height),
        mine.images.drawn_here.on(purpose, picture),
        key=key,
        label=f"{TITLES[purpose]} on {name}",
        on_shapes=lambda: mine.images.draw(purpose, name, drawn_shapes(key)),
        below=None if mask is None else address(mask, "draw.mask", index),
        brush=purpose != "normal",
        colour=COLOURS[purpose],
    )


def told(drawn: Drawn) -> str:
    """What is drawn on all images together, in a sentence."""
    masks = [name for name, shapes in drawn.masks.items() if shapes]
    parts = sum(map(len, drawn.normal_parts.values()))
    kinds = [
        f"masks on {count(len(masks), 'image')}" if masks else "",
        "a region of interest" if drawn.region else "",
        count(parts, "normal part") if parts else "",
    ]
    found = ", ".join(filter(None, kinds))
    return f"Drawn: {found}." if found else "Nothing is drawn yet."
