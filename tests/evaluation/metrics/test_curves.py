"""Rankings, curves and areas: cases worked out by hand, scikit-learn, and properties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import metrics as reference

from evaluation.metrics.curves import (
    Curve,
    Undefined,
    auroc,
    average_precision,
    best_f1,
    count_normal,
    nearest_to_corner,
    precision_recall_curve,
    rank,
    roc_curve,
    thin,
    true_positive_rate_at,
)

F = np.float32


def ranking(defective, normal):
    scores = np.array([*defective, *normal], dtype=F)
    return rank(scores, np.arange(len(scores)) < len(defective))


# Defective 5 3 3 1, normal 4 3 2 0: 5 beats four normal ones; each 3 beats 2 and 0 and ties with 3;
# 1 beats 0. So (4 + 2.5 + 2.5 + 1) / (4 * 4) = 10 / 16.
HAND = ranking([5, 3, 3, 1], [4, 3, 2, 0])


def test_ranking_by_hand():
    assert HAND.thresholds.tolist() == [5, 3, 1]
    assert HAND.true_positives.tolist() == [1, 3, 4]
    assert HAND.false_positives.tolist() == [0, 2, 3]  # at or above 3: 4 and 3; above 1: 4, 3, 2
    assert HAND.false_positives_above.tolist() == [0, 1, 3]
    assert (HAND.positives, HAND.negatives) == (4, 4)


def test_auroc_by_hand():
    assert auroc(HAND) == 10 / 16


def test_roc_curve_by_hand():
    curve = roc_curve(HAND)
    # Up to (0, 1/4) at 5; level to 1/4 for the 4; sloping to (2/4, 3/4) where 3 ties; level to 3/4
    # for the 2; up at 1; level to 1 for the 0.
    assert curve.x.tolist() == [0, 0, 0.25, 0.5, 0.75, 0.75, 1]
    assert curve.y.tolist() == [0, 0.25, 0.25, 0.75, 0.75, 1, 1]
    assert curve.thresholds[[0, 1, 3, 5, 6]].tolist() == [np.inf, 5, 3, 1, -np.inf]
    assert 3 < curve.thresholds[2] < 3.000001
    assert curve.area() == 10 / 16


def test_average_precision_by_hand():
    # 1/4 of the recall at precision 1/1, 2/4 at 3/5, 1/4 at 4/7.
    assert average_precision(HAND) == pytest.approx(1 / 4 * 1 + 2 / 4 * 3 / 5 + 1 / 4 * 4 / 7)
    curve = precision_recall_curve(HAND)
    assert curve.x.tolist() == [1 / 4, 3 / 4, 1]
    assert curve.y.tolist() == [1, 3 / 5, 4 / 7]


def test_best_f1_by_hand():
    # At 5: 2 / (1 + 4) = 0.4; at 3: 6 / (5 + 4) = 2/3; at 1: 8 / (7 + 4) = 8/11.
    assert best_f1(HAND) == (pytest.approx(8 / 11), 1.0)


def test_true_positive_rate_at_by_hand():
    assert true_positive_rate_at(HAND, 0.0) == 1 / 4
    assert true_positive_rate_at(HAND, 0.49) == 1 / 4
    assert true_positive_rate_at(HAND, 0.5) == 3 / 4
    assert true_positive_rate_at(ranking([1], [2, 3]), 0.5) == 0


def test_a_rate_that_is_reached_exactly_is_kept():
    """29 of 100 normal scores lie at or above the only defective one; 0.29 x 100 is below 29."""
    normal = np.arange(100, dtype=np.float32)
    scores = np.append(normal, np.float32(71))
    ranking = rank(scores, np.arange(101) == 100)
    assert true_positive_rate_at(ranking, 0.29) == 1
    assert true_positive_rate_at(ranking, 0.28) == 0


def test_nearest_to_corner_by_hand():
    # (0, 1/4) is 0.75 away, (2/4, 3/4) is 0.559, (3/4, 1) is 0.75.
    assert nearest_to_corner(HAND) == 3


def test_scores_outside_0_to_1_rank_like_any_other():
    assert auroc(ranking([250, 900], [-4, 3])) == 1.0


@pytest.mark.parametrize(
    ("defective", "normal", "reason"),
    [
        ([], [1, 2], "no defective test image"),
        ([1], [], "no normal test image"),
        ([], [], "no test image with known ground truth"),
    ],
)
@pytest.mark.parametrize(
    "figure", [auroc, roc_curve, average_precision, best_f1, nearest_to_corner]
)
def test_one_class_has_no_figure(figure, defective, normal, reason):
    with pytest.raises(Undefined, match=reason):
        figure(ranking(defective, normal))


few_values = st.sampled_from([-2.5, -1.0, 0.0, 0.25, 1.0, 3.0, 1e6])
any_values = st.floats(-1e6, 1e6, width=32)
scores_of = st.one_of(
    arrays(F, st.integers(1, 40), elements=few_values),
    arrays(F, st.integers(1, 40), elements=any_values),
)


@settings(deadline=None, max_examples=200)
@given(scores_of, scores_of)
def test_agrees_with_scikit_learn(defective, normal):
    known = ranking(defective, normal)
    truth = np.arange(len(defective) + len(normal)) < len(defective)
    scores = np.concatenate([defective, normal])
    assert auroc(known) == pytest.approx(reference.roc_auc_score(truth, scores), abs=1e-12)
    assert average_precision(known) == pytest.approx(
        reference.average_precision_score(truth, scores), abs=1e-12
    )
    precision, recall, _ = reference.precision_recall_curve(truth, scores)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-300)
    assert best_f1(known)[0] == pytest.approx(f1.max(), abs=1e-12)
    false_alarms, found, _ = reference.roc_curve(truth, scores, drop_intermediate=False)
    for rate in (0.0, 0.05, 0.3, 1.0):
        best = found[false_alarms <= rate + 1e-12].max()
        assert true_positive_rate_at(known, rate + 1e-12) == pytest.approx(best)
    curve = roc_curve(known)
    assert curve.area() == pytest.approx(auroc(known), abs=1e-12)
    assert set(zip(curve.x, curve.y, strict=True)) <= set(zip(false_alarms, found, strict=True))


@settings(deadline=None, max_examples=100)
@given(scores_of, scores_of)
def test_rank_figures_do_not_see_the_scale(defective, normal):
    both = np.concatenate([defective, normal])
    ranks = np.searchsorted(np.unique(both), both).astype(F) - 7
    truth = np.arange(len(both)) < len(defective)
    before, after = rank(both, truth), rank(ranks, truth)
    assert auroc(before) == auroc(after)
    assert average_precision(before) == average_precision(after)
    assert best_f1(before)[0] == best_f1(after)[0]
    assert true_positive_rate_at(before, 0.3) == true_positive_rate_at(after, 0.3)


@settings(deadline=None, max_examples=100)
@given(scores_of, scores_of)
def test_swapped_labels_mirror_the_auroc(defective, normal):
    assert auroc(ranking(defective, normal)) + auroc(ranking(normal, defective)) == pytest.approx(
        1, abs=1e-12
    )


@pytest.mark.parametrize(("defective", "normal"), [([2.0], [2.0]), ([1.0] * 5, [1.0] * 9)])
def test_constant_scores_rank_by_chance(defective, normal):
    assert auroc(ranking(defective, normal)) == 0.5


def test_normal_scores_are_counted_alike_in_any_batches(monkeypatch):
    monkeypatch.setattr("evaluation.metrics.curves.BLOCK", 5)
    rng = np.random.default_rng(3)
    thresholds = np.unique(rng.integers(0, 9, 4).astype(F))[::-1]
    normal = rng.integers(0, 9, 37).astype(F)
    at_or_above, above, count = count_normal(thresholds, np.split(normal, [1, 4, 4, 20, 36]))
    assert at_or_above.tolist() == [int((normal >= t).sum()) for t in thresholds]
    assert above.tolist() == [int((normal > t).sum()) for t in thresholds]
    assert count == 37


def staircase(steps, rng):
    x = np.sort(rng.uniform(0, 1, steps))
    y = np.sort(rng.uniform(0, 1, steps) ** 0.2)
    x = np.concatenate([[0, 0], np.repeat(x, 2), [1]])
    y = np.concatenate([[0], np.repeat(np.concatenate([[0], y]), 2), [1]])[: len(x)]
    return Curve(x, y, np.linspace(1, 0, len(x)).astype(F))


@pytest.mark.parametrize("steps", [999, 1000, 1500, 5000, 100_000])
def test_a_thinned_curve_keeps_its_area_and_ends(steps):
    curve = staircase(steps, np.random.default_rng(steps))
    drawn = thin(curve)
    assert len(drawn.x) <= 2000
    assert drawn.area() == pytest.approx(curve.area(), abs=1e-6)
    assert (drawn.x[0], drawn.y[0], drawn.x[-1], drawn.y[-1]) == (
        curve.x[0],
        curve.y[0],
        curve.x[-1],
        curve.y[-1],
    )
    points = set(zip(curve.x, curve.y, strict=True))
    assert set(zip(drawn.x, drawn.y, strict=True)) <= points


def test_a_short_curve_is_not_thinned():
    curve = staircase(100, np.random.default_rng(0))
    assert thin(curve) is curve


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32), st.sampled_from([0.1, 1.0, 4.0]), st.booleans())
def test_thinning_keeps_the_area_of_any_roc_curve(seed, separation, rounded):
    rng = np.random.default_rng(seed)
    defective = rng.normal(separation, 1, 5000)
    normal = rng.standard_t(3, 20_000)
    if rounded:
        defective, normal = defective.round(2), normal.round(2)
    curve = roc_curve(ranking(defective, normal))
    drawn = thin(curve)
    assert len(drawn.x) <= 2000
    assert drawn.area() == pytest.approx(curve.area(), abs=1e-6)
