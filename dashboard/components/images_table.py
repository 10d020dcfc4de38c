"""All images in one table that sorts, with their sizes and brightness; a press shows one large."""

from collections.abc import Sequence

import streamlit as st

from dashboard.components.gallery import gallery_of
from dashboard.components.large_image import show_large
from dashboard.session import widgets
from dashboard.session.state import Session
from images.dataset import DataSet, Picture
from images.errors import shown

BRIGHTNESS_HELP = "Mean grey value: 0 is black, 1 is white. Press the heading to sort."


def images_table(mine: Session, data: DataSet, places: Sequence[int]) -> None:
    """The images at some places, counted through the normal and then the test images."""
    import pandas as pd

    facts = gallery_of(mine, data).facts()
    pictures = (*data.normal, *data.test)
    chosen = [(pictures[at], facts[at]) for at in places]
    table = pd.DataFrame(
        {
            "Image": [shown(picture.name) for picture, _ in chosen],
            "Role": ["normal" if at < len(data.normal) else "test" for at in places],
            "Kind": [kind_of(picture) for picture, _ in chosen],
            "Width": [fact.width for _, fact in chosen],
            "Height": [fact.height for _, fact in chosen],
            "Channels": [fact.channels for _, fact in chosen],
            "Bit depth": [fact.depth or "not from a file" for _, fact in chosen],
            "Brightness": [fact.brightness for _, fact in chosen],
        }
    )
    st.caption("Press a heading to sort, and any cell of an image to see it large.")
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            "Image": st.column_config.TextColumn(width="medium"),
            "Width": st.column_config.NumberColumn(help="Pixels."),
            "Height": st.column_config.NumberColumn(help="Pixels."),
            "Channels": st.column_config.NumberColumn(help="1 for grey, 3 for colour."),
            "Brightness": st.column_config.ProgressColumn(
                help=BRIGHTNESS_HELP, format="%.2f", min_value=0.0, max_value=1.0
            ),
        },
        key=widgets.IMAGES_TABLE,
        on_select=lambda: _open(places),
        selection_mode="single-cell",
    )


def kind_of(picture: Picture) -> str:
    """What is known of the kind of an image, in a few words."""
    if picture.known_class:
        return f"known class {picture.known_class}"
    return picture.kind or ("kind by its mask" if picture.read_mask else "kind unknown")


def _open(places: Sequence[int]) -> None:
    """Show the image large whose cell was pressed."""
    cells = st.session_state[widgets.IMAGES_TABLE]["selection"]["cells"]
    if cells:
        show_large(places[cells[0][0]])
