import numpy as np
import pytest

from evaluation.decisions.confusion import Confusion, confusion, image_confusion, pixel_confusion
from evaluation.decisions.masks import PostProcessing, decide
from evaluation.metrics.truth import Truth

F = np.float32


def test_rates_by_hand():
    # 10 defective, 4 found; 30 normal, 6 flagged.
    decision = Confusion(4, 6, 24, 6)
    assert decision.true_positive_rate == 4 / 10
    assert decision.false_negative_rate == 6 / 10
    assert decision.false_positive_rate == 6 / 30
    assert decision.true_negative_rate == 24 / 30
    assert decision.precision == 4 / 10
    assert decision.accuracy == 28 / 40
    assert decision.f1 == 2 * 4 / (2 * 4 + 6 + 6)
    assert decision.area == pytest.approx((0.4 + 0.8) / 2)


def test_rates_without_a_divisor_are_none():
    normal_only = Confusion(0, 1, 3, 0)
    assert normal_only.true_positive_rate is None
    assert normal_only.false_negative_rate is None
    assert normal_only.f1 is None
    assert normal_only.area is None
    assert normal_only.precision == 0
    assert Confusion(0, 0, 0, 3).precision is None
    assert Confusion(0, 0, 0, 3).false_positive_rate is None
    assert Confusion(0, 0, 0, 0).accuracy is None


def test_a_score_equal_to_the_threshold_is_anomalous():
    scores = np.array([0.1, 0.3, 0.3, 0.2], dtype=F)
    decision = image_confusion(scores, [False, True, False, None], float(F(0.3)))
    assert decision == Confusion(1, 1, 1, 0)


def test_counting_by_hand():
    called = np.array([1, 1, 0, 0, 1], dtype=bool)
    defective = np.array([1, 0, 1, 0, 1], dtype=bool)
    assert confusion(called, defective) == Confusion(2, 1, 1, 1)


def test_pixels_are_pooled_over_images_with_a_mask():
    maps = [np.array([[1, 5], [7, 2]], dtype=F), np.array([[9, 9]], dtype=F)]
    maps.append(np.array([[4, 6]], dtype=F))
    truths = [
        Truth("a", np.array([[0, 1], [0, 1]], dtype=bool), True),
        Truth("b", None, True),
        Truth(
            "c", np.zeros((1, 2), dtype=bool), False, counted=np.array([[True, False]], dtype=bool)
        ),
    ]
    decision = pixel_confusion(maps, truths, lambda scores, counted: scores >= 5)
    # a: the 5 is found, the 7 is a false alarm, the 2 is missed, the 1 is right; c: only the 4.
    assert decision == Confusion(1, 1, 2, 1)


def test_post_processing_sees_only_the_pixels_that_count():
    scores = np.array([[0, 9, 9, 9]], dtype=F)
    counted = np.array([[True, True, False, False]])
    truth = Truth("a", np.zeros((1, 4), dtype=bool), False, counted)

    def dropping_small(scores, counted):
        return decide(scores, 9, PostProcessing(smallest_area=2), counted=counted)

    # One pixel of the three counts, too few to be a region.
    assert pixel_confusion([scores], [truth], dropping_small) == Confusion(0, 0, 2, 0)
