"""Which few images are shown; their whole order is tested with the filters of the page Compare."""

import numpy as np
import pytest

from evaluation.report.telling_images import telling_few

LABELS = (True, True, True, True, True, False, False, False, None)


@pytest.mark.parametrize(
    ("flagged", "count", "expected"),
    [
        # All defects are found and three good images flagged; higher scores come first.
        ([0, 1, 2, 3, 4, 5, 6, 7], 6, [0, 1, 2, 3, 5, 6]),
        # One false alarm: the others take the place.
        ([0, 1, 2, 3, 4, 6], 6, [0, 1, 2, 3, 4, 6]),
        # A found defect is on top, then those that are missed.
        ([4], 3, [4, 0, 1]),
        # Fewer than a third of the places make one: none is left to false alarms.
        ([0, 5], 2, [0, 1]),
        # More than there are.
        ([0, 5], 20, [0, 1, 2, 3, 4, 8, 5, 6, 7]),
    ],
)
def test_a_third_of_the_places_is_for_false_alarms(
    flagged: list[int], count: int, expected: list[int]
) -> None:
    flags = np.isin(np.arange(9), flagged)[None]
    scores = np.arange(9, 0, -1).astype(np.float32)
    assert telling_few(flags, [scores], LABELS, count) == expected
