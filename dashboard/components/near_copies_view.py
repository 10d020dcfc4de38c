"""Tells test images that share pixels with a normal image, or nearly; bounded in what it costs."""

import streamlit as st

from dashboard.components.gallery import gallery_of
from dashboard.session import widgets
from dashboard.session.state import Session
from dashboard.text import listed
from images.dataset import DataSet
from images.errors import shown
from images.words import count

SECONDS_A_MEGAPIXEL = 0.04
AT_ONCE = 10.0
"""Megapixels up to which images are compared unasked: less than half a second."""
MOST = 1000.0
"""Megapixels up to which they are compared at all: less than a minute."""


def near_copies_view(mine: Session, data: DataSet) -> None:
    """The near-duplicates between training and test, found at once or when asked for."""
    if not data.normal or not data.test:
        return
    facts = gallery_of(mine, data).facts()
    megapixels = sum(fact.width * fact.height for fact in facts) / 1e6
    if megapixels > MOST:
        st.caption(
            f"Near-duplicates between training and test are not looked for: the images have "
            f"{megapixels:,.0f} megapixels together; the limit is {MOST:,.0f}."
        )
        return
    asked = st.session_state.get(widgets.NEAR_COPIES_ASKED) == id(data)
    if megapixels > AT_ONCE and not asked:
        st.button(
            "Look for near-duplicates",
            key=widgets.NEAR_COPIES,
            icon=":material/content_copy:",
            help="Finds test images that share pixels with a normal image or show the same scene. "
            f"Takes about {max(1, round(megapixels * SECONDS_A_MEGAPIXEL))} s.",
            on_click=_ask,
            args=(data,),
        )
        return
    with st.spinner("Comparing the images ..."):
        found = gallery_of(mine, data).near_copies()
    if found:
        pairs = [
            f"{shown(test.name)} is nearly {shown(normal.name)}, or overlaps it"
            for test, normal in found
        ]
        st.warning(
            f"{count(len(found), 'test image')} with nearly the pixels of a normal image. Methods "
            f"have seen them in training, so metrics are too good:\n\n{listed(pairs)}"
        )
    elif asked:
        st.success("No near-duplicates between training and test.")


def _ask(data: DataSet) -> None:
    st.session_state[widgets.NEAR_COPIES_ASKED] = id(data)
