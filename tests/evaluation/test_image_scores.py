import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from evaluation.image_scores import ImageScore
from evaluation.truth import ScoreError, Truth

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


def test_a_bad_map_is_refused_by_name():
    with pytest.raises(ScoreError, match=r"b\.png"):
        ImageScore().of(np.array([[np.inf]], dtype=np.float32), Truth("b.png", None, None))


def test_the_rule_in_words():
    assert ImageScore("top", 0.02, 2).text() == (
        "mean of the highest 2.00% of the scores, map smoothed by 2 pixels"
    )
