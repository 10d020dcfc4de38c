import numpy as np
import pytest

from evaluation.curves import Undefined, rank
from evaluation.decisions import Confusion
from evaluation.normal_scores import NormalScores, above
from evaluation.thresholds import RULES, Evidence, rule, working_points

F = np.float32
NORMAL = np.array([1, 2, 3, 4], dtype=F)


def evidence(defective=(5, 3, 3, 1), normal=(4, 3, 2, 0), quantities=None):
    scores = np.array([*defective, *normal], dtype=F)
    ranking = rank(scores, np.arange(len(scores)) < len(defective))
    return Evidence(NormalScores.of_images(NORMAL), lambda: ranking, quantities or {})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("normal-quantile", above(3)),  # one of four may reach it
        ("normal-maximum", above(4)),
        ("normal-deviation", 2.5 + 3 * np.sqrt(1.25)),  # (2.25 + 0.25 + 0.25 + 2.25) / 4 = 1.25
        ("nearest-corner", 3),
        ("best-f1", 1),
    ],
)
def test_rules_by_hand(name, expected):
    assert rule(name).compute(evidence(), 0.25) == pytest.approx(expected, rel=1e-12)


def test_rules_on_labels_say_so():
    assert {known.name for known in RULES if known.uses_labels} == {"nearest-corner", "best-f1"}


def test_rules_on_labels_have_no_value_on_normal_images_alone():
    for name in ("nearest-corner", "best-f1"):
        with pytest.raises(Undefined, match="no defective test image"):
            rule(name).compute(evidence(defective=()), 0.1)


def test_above_every_normal_score_flags_none_of_them():
    threshold = rule("normal-maximum").compute(evidence(), 0.1)
    assert not (threshold <= NORMAL).any()


# D1 = 4, 6, 8: max 8, mean 6, std sqrt(8/3); D2 = 1, 1, 4: max 4, mean 2, std sqrt(2).
D1, D2 = np.array([4, 6, 8], dtype=F), np.array([1, 1, 4], dtype=F)


def test_the_six_working_points_by_hand():
    points = working_points(
        {"max": D1, "mean": D2},
        {
            "max": np.array([6.5, 7.7, 9, 3], dtype=F),
            "mean": np.array([3, 0, 5, 9], dtype=F),
        },
        [False, True, True, None],
    )
    assert {point.name: point.threshold for point in points} == {
        "T1": pytest.approx(8),
        "T2": pytest.approx(8 - np.sqrt(8 / 3)),  # 6.37
        "T3": pytest.approx(6 + np.sqrt(8 / 3)),  # 7.63
        "T4": pytest.approx(4),
        "T5": pytest.approx(4 - np.sqrt(2)),  # 2.59
        "T6": pytest.approx(2 + np.sqrt(2)),  # 3.41
    }
    assert {point.name: point.decision for point in points} == {
        "T1": Confusion(1, 0, 1, 1),
        "T2": Confusion(2, 1, 0, 0),
        "T3": Confusion(2, 0, 1, 0),
        "T4": Confusion(1, 0, 1, 1),
        "T5": Confusion(1, 1, 0, 1),
        "T6": Confusion(1, 0, 1, 1),
    }
    assert points[0].decision.area == pytest.approx((1 / 2 + 1) / 2)


def test_working_points_are_rules_where_they_can_be_compared():
    assert rule("T3").compute(evidence(quantities={"max": D1}), 0.1) == pytest.approx(
        6 + np.sqrt(8 / 3)
    )
    with pytest.raises(Undefined, match="T6 is a threshold on the mean"):
        rule("T6").compute(evidence(quantities={"max": D1}), 0.1)


def test_working_points_need_a_normal_image():
    nothing = {"max": D1[:0], "mean": D2[:0]}
    with pytest.raises(Undefined, match="no held-out normal image"):
        working_points(nothing, {"max": D1, "mean": D2}, [True, False, True])
