"""Which test images are shown, the most telling on top: filters, each with its number of images."""

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.components.results.shown_methods import ShownMethod
from dashboard.session.widgets import FILTER, forget_unless
from evaluation.metrics.curves import Scores
from evaluation.metrics.truth import known_labels
from evaluation.report.telling_images import telling_few, telling_order

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
    """The numbers of all test images, see `telling_order`.

    Thresholds that a person moves change nothing here, so that no image jumps away from under the
    mouse.
    """
    return telling_order(*_by_rule(methods))


def first_to_show(methods: Sequence[ShownMethod], count: int) -> list[int]:
    """A few of them, see `telling_few`."""
    return telling_few(*_by_rule(methods), count)


def _by_rule(
    methods: Sequence[ShownMethod],
) -> tuple[NDArray[np.bool_], list[Scores], Sequence[bool | None]]:
    """What the rule flags, the scores of the images, and what is known of them."""
    return (
        np.array([method.flags_by_rule for method in methods]),
        [method.assessment.image_scores for method in methods],
        methods[0].assessment.labels,
    )


def _truth(methods: Sequence[ShownMethod]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    return known_labels(methods[0].assessment.labels)
