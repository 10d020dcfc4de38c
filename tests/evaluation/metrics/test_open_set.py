"""Metrics of open set recognition, on images whose order can be read off."""

import numpy as np
import pytest

from evaluation.metrics.curves import Undefined
from evaluation.metrics.open_set import (
    Recognised,
    accepted_accuracy,
    accuracy,
    confusion,
    oscr_curve,
    plane_of,
)

A, B = {"a": 1.0, "b": 0.0}, {"a": 0.0, "b": 1.0}
"""Logits of an image that is recognised as a, and as b."""


def recognised(truth: list[str | None], logits: list[dict[str, float]], scores: list[float]):
    return Recognised.of(truth, logits, np.array(scores, dtype=np.float32))


FOUR_AND_TWO = recognised(["a", "a", "b", "b", None, None], [A, B, B, B, A, B], [1, 2, 3, 5, 4, 6])
"""Known images with scores 1, 2 (recognised wrongly), 3 and 5, and unknown ones with 4 and 6."""


def test_what_is_recognised_as_what() -> None:
    assert confusion(FOUR_AND_TWO).tolist() == [[1, 1], [0, 2]]
    assert accuracy(FOUR_AND_TWO) == 3 / 4


def test_the_accuracy_that_is_left_at_a_threshold() -> None:
    """At 5 the image with score 5 is flagged, since a score at the threshold is anomalous."""
    assert accepted_accuracy(FOUR_AND_TWO, 5) == 2 / 4
    assert accepted_accuracy(FOUR_AND_TWO, 5.5) == 3 / 4


def test_oscr() -> None:
    """Below 4: 1 and 3 are accepted and right, 2 / 4, with no unknown one; then 4 is taken for
    known, 1 / 2, then 5 is accepted too, 3 / 4, then 6, 2 / 2.

    The area is 1 / 2 x 2 / 4 + 1 / 2 x 3 / 4.
    """
    curve = oscr_curve(FOUR_AND_TWO)
    assert [*zip(curve.x.tolist(), curve.y.tolist(), strict=True)] == [
        (0, 0), (0, 0.25), (0, 0.25), (0, 0.5), (0.5, 0.5), (0.5, 0.75), (1, 0.75)
    ]  # fmt: skip
    assert curve.area() == pytest.approx(0.5 * 0.5 + 0.5 * 0.75)


def test_a_tie_counts_half_in_oscr() -> None:
    assert oscr_curve(recognised(["a", None], [A, A], [1, 1])).area() == 0.5
    assert oscr_curve(recognised(["a", None], [A, A], [1, 2])).area() == 1
    assert oscr_curve(recognised(["a", None], [A, A], [2, 1])).area() == 0


def test_without_known_or_unknown_images_there_is_no_value() -> None:
    with pytest.raises(Undefined, match="no test image of a known class"):
        accuracy(recognised([None], [A], [1]))
    with pytest.raises(Undefined, match="no test image of an unknown class"):
        oscr_curve(recognised(["a"], [A], [1]))


def test_a_class_that_a_model_lacks_is_never_guessed() -> None:
    found = recognised(["a", "b"], [{"a": -5.0}, B], [1, 2])
    assert found.guess.tolist() == [0, 1]


def test_two_classes_are_drawn_by_their_logits() -> None:
    plane = plane_of(FOUR_AND_TWO)
    assert plane.titles == ("Logit of a", "Logit of b")
    assert plane.points[:2].tolist() == [[1, 0], [0, 1]]


def test_more_classes_are_drawn_by_principal_components() -> None:
    """Logits vary by 4 along the first class, by 2 along the second and not along the third; the
    mean is (0, 0, 1)."""
    rows = [(4, 0), (-4, 0), (0, 2), (0, -2)]
    logits = [{"a": x, "b": y, "c": 1.0} for x, y in rows]
    found = recognised(["a", "a", "b", "b"], logits, [0, 0, 0, 0])
    plane = plane_of(found)
    assert plane.points == pytest.approx(np.array(rows, dtype=float))
    assert plane.titles == ("Principal component 1 (80 %)", "Principal component 2 (20 %)")
