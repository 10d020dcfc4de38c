"""What painted defects look like on the images of a session."""

import numpy as np
import streamlit as st

from dashboard.components import markup
from dashboard.components.pictures import outlined
from dashboard.text import plain
from evaluation.tuning.validation import CONTRASTS, SIZES
from images.dataset import DataSet
from images.errors import AnomalyError
from images.painting.kinds import KINDS, Brush, PaintedKind, paint_defect
from images.words import percent

SIDE = 220
"""Longest side of a picture, pixels."""


def preview(data: DataSet) -> None:
    """One defect of each kind, of middle size and full contrast, outlined."""
    try:
        markup.pictures("thumbnails", [_picture(data, kind) for kind in KINDS.values()])
    except AnomalyError as error:
        st.warning(plain(str(error)))
    st.caption(
        "One of each kind, outlined, of middle size and full contrast. The squares that they are "
        f"painted in have {_shares(SIZES)} of the shorter side of an image, and contrasts are "
        f"{_shares(CONTRASTS)}."
    )


def _shares(values: tuple[float, ...]) -> str:
    texts = [percent(value) for value in values]
    return f"{', '.join(texts[:-1])} or {texts[-1]}"


def _picture(data: DataSet, kind: PaintedKind) -> markup.Figure:
    image, another = data.normal[0].read(), data.normal[-1].read()
    brush = Brush(SIZES[1], CONTRASTS[-1])
    painted = paint_defect(kind.name, image, another, brush, np.random.default_rng(1))
    caption = f"{kind.title}\n{kind.reference}" if kind.reference else kind.title
    seen = outlined(painted.image, painted.mask, SIDE)
    return seen, f"A painted defect: {kind.title}", caption
