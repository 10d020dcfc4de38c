"""The order in which test images are shown."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard.shown_methods import ShownMethod
from dashboard.state import forget_unless
from images.dataset import DataSet
from images.naming import natural_order

KEY = "compare.order"
GIVEN, NAME, KIND, SCORE = "as given", "by name", "by kind", "by score of "


def choose_order(data: DataSet, methods: Sequence[ShownMethod]) -> list[int]:
    """Draw the choice; returns the numbers of all test images in the order chosen."""
    options = [GIVEN, NAME, KIND, *(SCORE + method.label for method in methods)]
    forget_unless(KEY, options)
    choice = st.selectbox(
        "Order of images",
        options,
        format_func="Images {}".format,
        key=KEY,
        persist_state="session",
        label_visibility="collapsed",
        width=200,
    )
    return in_order(choice, data, methods)


def in_order(choice: str, data: DataSet, methods: Sequence[ShownMethod]) -> list[int]:
    """The numbers of all test images; equal ones stay as they were given."""
    names = [natural_order(picture.name) for picture in data.test]
    kinds = [(picture.kind is None, natural_order(picture.kind or "")) for picture in data.test]
    keys: dict[str, Sequence[Any]] = {GIVEN: range(len(data.test)), NAME: names, KIND: kinds}
    for method in methods:
        keys[SCORE + method.label] = (-method.assessment.image_scores).tolist()
    return sorted(range(len(data.test)), key=keys[choice].__getitem__)
