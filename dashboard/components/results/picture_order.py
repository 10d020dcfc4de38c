"""The order in which test images are shown."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st
from scipy.stats import rankdata

from dashboard.components.results.shown_methods import ShownMethod
from dashboard.session.widgets import ORDER, forget_unless
from images.dataset import DataSet
from images.roles.naming import natural_order

DEFECTIVE, GIVEN, NAME, KIND = "defective first", "as given", "by name", "by kind"
SCORE = "by score of "


def choose_order(data: DataSet, methods: Sequence[ShownMethod]) -> list[int]:
    """Draw the choice; returns the numbers of all test images in the order chosen."""
    options = [DEFECTIVE, GIVEN, NAME, KIND, *(SCORE + method.label for method in methods)]
    forget_unless(ORDER, options)
    choice = st.selectbox(
        "Order of images",
        options,
        format_func="Images {}".format,
        key=ORDER,
        persist_state="session",
        label_visibility="collapsed",
        width=210,
    )
    return in_order(choice, data, methods)


def in_order(choice: str, data: DataSet, methods: Sequence[ShownMethod]) -> list[int]:
    """The numbers of all test images; equal ones stay as they were given.

    "Defective first" puts images that are known to be defective before those that nobody has
    labelled, and good ones last; within each group the image that the methods together rank
    highest comes first, by the mean over the methods of its rank among all test images.
    """
    names = [natural_order(picture.name) for picture in data.test]
    kinds = [(picture.kind is None, natural_order(picture.kind or "")) for picture in data.test]
    keys: dict[str, Sequence[Any]] = {GIVEN: range(len(data.test)), NAME: names, KIND: kinds}
    if choice == DEFECTIVE:
        keys[DEFECTIVE] = _defective_first(data, methods)
    for method in methods:
        keys[SCORE + method.label] = (-method.assessment.image_scores).tolist()
    return sorted(range(len(data.test)), key=keys[choice].__getitem__)


def _defective_first(data: DataSet, methods: Sequence[ShownMethod]) -> Sequence[tuple[int, float]]:
    """What to sort by: the group of an image, and how far the methods rank it from the top."""
    groups = {True: 0, None: 1, False: 2}
    labels: Sequence[bool | None] = [None] * len(data.test)
    ranks = np.zeros(len(data.test))
    for method in methods:
        labels = method.assessment.labels
        # Ranks, because scores of different methods have different scales.
        ranks += np.nan_to_num(rankdata(method.assessment.image_scores, nan_policy="omit"))
    return [(groups[label], -rank) for label, rank in zip(labels, ranks.tolist(), strict=True)]
