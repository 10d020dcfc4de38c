"""Which test images are shown, the most telling on top: filters, each with its number of images."""

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from scipy.stats import rankdata

from dashboard.components.results.shown_methods import ShownMethod
from dashboard.session.widgets import FILTER, forget_unless
from evaluation.metrics.truth import known_labels

ALL, DISAGREE, MISSED, ALARMS, DEFECTIVE, GOOD, UNKNOWN = FILTERS = (
    "All",
    "Disagree",
    "Missed",
    "False alarms",
    "Defective",
    "Good",
    "Unlabelled",
)


def choose_images(methods: Sequence[ShownMethod]) -> list[int]:
    """Draw the filters; returns the numbers of the test images chosen, the most telling first."""
    groups = filtered(methods)
    forget_unless(FILTER, list(groups))
    choice = st.pills(
        "Images",
        list(groups),
        default=ALL,
        required=True,
        format_func=lambda name: f"{name} {len(groups[name])}",
        key=FILTER,
        persist_state="session",
        label_visibility="collapsed",
    )
    return groups[choice]


def filtered(methods: Sequence[ShownMethod]) -> Mapping[str, list[int]]:
    """The numbers of the test images that each filter leaves, in the order of `most_telling`.

    Filters that leave none are left out, except the one that leaves all. They follow the present
    thresholds.
    """
    flags = np.array([method.flags for method in methods])
    known, defective = _truth(methods)
    by_all: NDArray[np.bool_] = np.asarray(flags.all(axis=0))
    by_any: NDArray[np.bool_] = np.asarray(flags.any(axis=0))
    members: dict[str, NDArray[np.bool_]] = {
        ALL: np.ones(len(known), dtype=bool),
        DISAGREE: by_any & ~by_all,
        MISSED: defective & ~by_all,
        ALARMS: known & ~defective & by_any,
        DEFECTIVE: defective,
        GOOD: known & ~defective,
        UNKNOWN: ~known,
    }
    order = most_telling(methods)
    chosen = {name: [at for at in order if inside[at]] for name, inside in members.items()}
    return {name: images for name, images in chosen.items() if images or name == ALL}


def most_telling(methods: Sequence[ShownMethod]) -> list[int]:
    """The numbers of all test images: defective ones, then unlabelled ones, then good ones.

    Defective ones about which the methods disagree come first, then those that all miss, then
    those that all find; a defect that is found is always on top if there is one. Good images that
    are flagged come before the others. Within each group the image that the methods together rank
    highest comes first, by the mean over the methods of its rank among all test images. Thresholds
    that a person moves change nothing here, so that no image jumps away from under the mouse.
    """
    flags = np.array([method.flags_by_rule for method in methods])
    known, defective = _truth(methods)
    found = flags.mean(axis=0)
    disagree = (found > 0) & (found < 1)
    group = np.where(defective, np.where(disagree, 0, 1 + (found == 1)), np.where(known, 4, 3))
    group = np.where((group == 4) & (found == 0), 5, group)
    # Ranks, because scores of different methods have different scales.
    ranks = sum(
        np.nan_to_num(rankdata(method.assessment.image_scores, nan_policy="omit"))
        for method in methods
    )
    order: list[int] = np.lexsort((-np.asarray(ranks), group)).tolist()
    first = next((at for at in order if defective[at] and found[at] > 0), None)
    if first is not None:
        order.remove(first)
        order.insert(0, first)
    return order


def _truth(methods: Sequence[ShownMethod]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    return known_labels(methods[0].assessment.labels)
