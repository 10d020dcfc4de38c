import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from evaluation.decisions.image_scores import ImageScore, smoothed
from evaluation.metrics.truth import ScoreError, Truth

SCORES = np.array([[1, 2, 3, 4], [5, 6, 7, 12]], dtype=np.float32)
ALL = Truth("a", None, None)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (ImageScore("max"), 12),
        (ImageScore("mean"), 40 / 8),
        (ImageScore("top", share=0.25), (12 + 7) / 2),
        (ImageScore("top", share=0.5), (12 + 7 + 6 + 5) / 4),
        (ImageScore("top", share=0.001), 12),
        (ImageScore("max", smoothing=1.5), gaussian_filter(SCORES, 1.5).max()),
    ],
)
def test_by_hand(rule, expected):
    assert rule.of(SCORES, ALL) == pytest.approx(expected)


def test_pixels_that_do_not_count_are_left_out():
    counted = SCORES < 6
    assert ImageScore("max").of(SCORES, Truth("a", None, None, counted)) == 5
    assert ImageScore("mean").of(SCORES, Truth("a", None, None, counted)) == 3


@pytest.mark.parametrize("kind", ["max", "mean", "top"])
def test_smoothing_mixes_no_ignored_pixel_in(kind):
    counted = np.ones((20, 20), dtype=bool)
    counted[:, 8:14] = False
    ones = np.where(counted, np.float32(1), np.float32(1000))
    rule = ImageScore(kind, share=0.1, smoothing=3)
    # What counts is 1 everywhere, so its mean under any weights is 1.
    assert rule.of(ones, Truth("a", None, None, counted)) == pytest.approx(1, rel=1e-6)
    # Whatever is ignored, the score is the same to the last digit.
    scores = np.random.default_rng(0).random((20, 20), dtype=np.float32)
    others = np.where(counted, scores, np.float32(-7e8))
    first, second = (rule.of(one, Truth("a", None, None, counted)) for one in (scores, others))
    assert first == second


def test_smoothing_is_a_weighted_mean_of_the_pixels_that_count():
    scores = np.array([[4, 1, 9, 2]], dtype=np.float32)
    counted = np.array([[True, True, False, True]])
    # The weight of every pixel for the first one, the mirrored border included.
    weight = [gaussian_filter(np.eye(4)[[at]], (0, 1))[0, 0] for at in range(4)]
    expected = (4 * weight[0] + 1 * weight[1] + 2 * weight[3]) / (weight[0] + weight[1] + weight[3])
    assert smoothed(scores, 1, counted)[0, 0] == pytest.approx(expected, rel=1e-6)


def test_smoothing_of_a_map_that_counts_whole_is_the_plain_gaussian():
    scores = np.random.default_rng(1).random((12, 15), dtype=np.float32)
    whole = np.ones(scores.shape, dtype=bool)
    np.testing.assert_allclose(smoothed(scores, 2, whole), gaussian_filter(scores, 2), rtol=1e-5)


def test_smoothing_wider_than_an_island_that_counts_keeps_its_score():
    counted = np.zeros((40, 40), dtype=bool)
    counted[20, 20] = True
    scores = np.where(counted, np.float32(3), np.float32(1e6))
    assert smoothed(scores, 50, counted)[20, 20] == pytest.approx(3, rel=1e-6)


def test_a_bad_map_is_refused_by_name():
    with pytest.raises(ScoreError, match=r"b\.png"):
        ImageScore().of(np.array([[np.inf]], dtype=np.float32), Truth("b.png", None, None))


def test_the_rule_in_words():
    assert ImageScore("top", 0.02, 2).text() == (
        "mean of the highest 2 % of the scores, map smoothed by 2 pixels"
    )
