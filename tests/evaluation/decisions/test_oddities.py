import numpy as np
import pytest

from evaluation.decisions.oddities import odd


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        # Median 3, deviations 2 1 0 1 and the last: MAD 1, so the limit is 3 + 3.5 / 0.6745 = 8.19.
        ([1, 2, 3, 4, 8.1], [0, 0, 0, 0, 0]),
        ([1, 2, 3, 4, 8.3], [0, 0, 0, 0, 1]),
        ([-9, 2, 3, 4, 5], [0, 0, 0, 0, 0]),  # unusually low is not odd
        ([1, 2, 3, 100], [0, 0, 0, 0]),  # too few
        ([3, 3, 3, 3, 100], [0, 0, 0, 0, 0]),  # no spread to judge by
        ([], []),
    ],
)
def test_by_hand(scores, expected):
    assert odd(np.array(scores, dtype=np.float32)).tolist() == [bool(each) for each in expected]


def test_scale_and_shift_change_nothing():
    scores = np.array([1, 2, 3, 4, 20, 2.5], dtype=np.float32)
    assert odd(scores).tolist() == odd(1000 * scores - 7).tolist()
