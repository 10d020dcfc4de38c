"""Which test images are shown, and in which order."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from dashboard.components.results.picture_filter import (
    ALARMS,
    ALL,
    DEFECTIVE,
    DISAGREE,
    GOOD,
    MISSED,
    UNKNOWN,
    filtered,
    most_telling,
)
from dashboard.session.address import WIDGETS
from dashboard.session.widgets import FILTER

LABELS = (False, None, True, True, False, True)
NAN = float("nan")


def methods(*scores: list[float], rule: float, moved: float | None = None) -> list[Any]:
    """Methods with these image scores and one threshold."""
    present = rule if moved is None else moved
    return [
        SimpleNamespace(
            flags=np.array(one) >= present,
            flags_by_rule=np.array(one) >= rule,
            assessment=SimpleNamespace(labels=LABELS, image_scores=np.array(one)),
        )
        for one in scores
    ]


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        # Defective ones are 2, 3 and 5; nobody has labelled 1; good ones are 0 and 4.
        ([[9, 8, 1, 2, 10, 3]], [5, 3, 2, 1, 4, 0]),
        # Ranks of 2, 3 and 5 are 4, 5, 6 and 6, 5, 2: sums of 10, 10 and 8, whatever the scale.
        ([[1, 2, 4, 5, 3, 6], [300, 400, 600, 500, 100, 200]], [2, 3, 5, 1, 0, 4]),
        # Equal scores stay as they were given.
        ([[7, 7, 7, 7, 7, 7]], [2, 3, 5, 1, 0, 4]),
        # A score that is undefined counts as the lowest.
        ([[1, 2, NAN, 3, 4, 5]], [5, 3, 2, 1, 4, 0]),
    ],
    ids=["one method", "two scales", "ties", "undefined"],
)
def test_defective_images_come_first_where_nothing_is_flagged(
    scores: list[list[float]], expected: list[int]
) -> None:
    assert most_telling(methods(*scores, rule=1e9)) == expected


def test_what_tells_most_is_on_top() -> None:
    """At 5, the methods disagree about 3; both miss 2, both find 5; 4 is a false alarm of one."""
    both = methods([1, 2, 3, 9, 6, 8], [1, 2, 3, 4, 1, 8], rule=5)
    assert most_telling(both) == [3, 2, 5, 1, 4, 0]
    assert filtered(both) == {
        ALL: [3, 2, 5, 1, 4, 0],
        DISAGREE: [3, 4],
        MISSED: [3, 2],
        ALARMS: [4],
        DEFECTIVE: [3, 2, 5],
        GOOD: [4, 0],
        UNKNOWN: [1],
    }


def test_a_defect_that_is_found_is_on_top_even_where_the_methods_agree() -> None:
    assert most_telling(methods([1, 2, 3, 4, 1, 8], rule=5))[:3] == [5, 3, 2]


def test_a_threshold_that_is_moved_changes_the_filters_and_not_the_order() -> None:
    moved = methods([1, 2, 3, 4, 1, 8], rule=5, moved=3.5)
    assert filtered(moved)[MISSED] == [2]
    assert filtered(moved)[DEFECTIVE] == [5, 3, 2]


def test_the_address_leaves_out_the_default_filter() -> None:
    assert WIDGETS[FILTER][0] == ALL
