"""What is said of an image: the decision about it, and what its map marks."""

import numpy as np
import pytest

from evaluation.metrics.truth import Truth
from evaluation.report.calls import call, marked

DEFECT = np.zeros((10, 10), dtype=bool)
DEFECT[:5, :4] = True
"""20 of 100 pixels."""


def mask(*pixels: tuple[slice, slice]) -> np.ndarray:
    made = np.zeros((10, 10), dtype=bool)
    for place in pixels:
        made[place] = True
    return made


@pytest.mark.parametrize(
    ("decided", "truth", "expected"),
    [
        (DEFECT, DEFECT, "map marks the whole defect"),
        # 5 of 20 pixels, and others beside the defect.
        (mask(np.s_[:5, 3:]), DEFECT, "map marks 25 % of the defect"),
        (mask(np.s_[6:, :]), DEFECT, "map marks none of the defect"),
        (mask(np.s_[0, :7]), None, "map marks 7 % of the pixels"),
        (mask(np.s_[0, :7]), np.zeros((10, 10), dtype=bool), "map marks 7 % of the pixels"),
        (mask(), None, "map marks nothing"),
        (~mask(), None, "map marks every pixel"),
    ],
)
def test_what_a_map_marks(decided: np.ndarray, truth: np.ndarray | None, expected: str) -> None:
    assert marked(decided, Truth("a", truth, None)) == expected


def test_almost_all_and_almost_nothing_are_neither() -> None:
    """1 and 399 of 400 pixels: 0.25 % and 99.75 %."""
    one = np.zeros((20, 20), dtype=bool)
    one[3, 3] = True
    assert marked(one, Truth("a", None, None)) == "map marks under 1 % of the pixels"
    assert marked(~one, Truth("a", None, None)) == "map marks 99 % of the pixels"


def test_only_the_region_of_interest_is_looked_at() -> None:
    """Rows 0 to 3 are used: 16 pixels of the defect, of which rows 0 and 1 are marked."""
    used = mask(np.s_[:4, :])
    decided = mask(np.s_[:2, :], np.s_[4:, :])
    assert marked(decided, Truth("a", DEFECT, True, used)) == "map marks 50 % of the defect"


def test_a_decision_is_of_the_image() -> None:
    assert [call(flagged, True) for flagged in (False, True)] == ["image missed", "image found"]
    assert [call(flagged, False) for flagged in (False, True)] == ["no alarm", "false alarm"]
    assert call(True, None) == "image flagged"
