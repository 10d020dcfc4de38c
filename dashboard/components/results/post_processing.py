"""Post-processing of predicted masks, before they are shown or exported."""

import streamlit as st

from dashboard.session import widgets
from dashboard.session.view import PROCESSING_LIMITS
from evaluation.decisions.masks import NO_PROCESSING, PostProcessing

FIELDS = {
    "border": (
        "Border, pixels",
        "Pixels this close to the border are never marked as defective.",
    ),
    "opening": (
        "Opening, radius in pixels",
        "Removes parts that a disc of this radius does not fit into, such as thin lines and "
        "single pixels.",
    ),
    "smallest_area": ("Smallest region, pixels", "Removes smaller regions."),
}
"""Title and help of each field."""


def present() -> PostProcessing:
    """What is chosen, on any page."""
    return PostProcessing(
        **{name: st.session_state.get(widgets.processing(name), 0) for name in FIELDS}
    )


def processing_controls() -> PostProcessing:
    """Draw the choice."""
    chosen = present()
    label = "none" if chosen == NO_PROCESSING else _in_words(chosen)
    with st.popover(f"Post-processing: {label}", icon=":material/auto_fix_high:"):
        st.caption(
            "Cleans up the predicted masks that are shown and exported, in this order. Scores "
            "and metrics do not change."
        )
        for name, (title, text) in FIELDS.items():
            st.number_input(
                title,
                min_value=0,
                max_value=PROCESSING_LIMITS[name],
                step=1,
                key=widgets.processing(name),
                help=text,
                persist_state="session",
            )
    return present()


def _in_words(chosen: PostProcessing) -> str:
    return ", ".join(
        f"{title.split(',')[0].lower()} {value}"
        for name, (title, _) in FIELDS.items()
        if (value := getattr(chosen, name))
    )
