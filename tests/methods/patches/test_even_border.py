"""What is usual in a zone, by hand."""

import numpy as np

from methods.patches.even_border import UsualScores


def usual(scores: UsualScores) -> list[float]:
    return [round(float(value), 4) for value in scores.usual()]


def test_each_zone_has_its_mean_without_the_zeros_and_else_that_of_all() -> None:
    scores = UsualScores(3)
    scores.add(np.array([0, 0, 1]), np.array([1, 3, 8], dtype=np.float32))
    scores.add(np.array([0, 1]), np.array([0, 4], dtype=np.float32))
    # (1 + 3) / 2 and (8 + 4) / 2; nothing is known of the last zone, and 16 / 4 of all.
    assert usual(scores) == [2, 6, 4]


def test_a_zone_leans_on_all_of_them_by_the_prior() -> None:
    scores = UsualScores(3, prior=2)
    scores.add(np.array([0, 0, 1, 1]), np.array([1, 3, 8, 4], dtype=np.float32))
    # The mean of all is 4: (4 + 2 * 4) / 4, (12 + 2 * 4) / 4, 4.
    assert usual(scores) == [3, 5, 4]


def test_scores_that_are_all_zero_stay_as_they_are() -> None:
    scores = UsualScores(2)
    scores.add(np.array([0, 1]), np.zeros(2, dtype=np.float32))
    assert usual(scores) == [1, 1]
