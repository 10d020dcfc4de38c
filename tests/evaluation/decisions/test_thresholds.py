import numpy as np
import pytest

from evaluation.decisions.confusion import Confusion
from evaluation.decisions.pooled_scores import PooledScores, above
from evaluation.decisions.rules.conformal import p_values
from evaluation.decisions.rules.working_points import working_points
from evaluation.decisions.thresholds import RULES, Evidence, rule
from evaluation.metrics.curves import Undefined, rank

F = np.float32
NORMAL = np.array([1, 2, 3, 4], dtype=F)


def evidence(defective=(5, 3, 3, 1), normal=(4, 3, 2, 0), quantities=None, calibration=NORMAL):
    scores = np.array([*defective, *normal], dtype=F)
    ranking = rank(scores, np.arange(len(scores)) < len(defective))
    known = PooledScores.of_images(np.array(calibration, dtype=F))
    return Evidence(known, PooledScores.of_images(scores), lambda: ranking, quantities or {})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("normal-quantile", above(3)),  # one of four may reach it
        ("normal-maximum", above(4)),
        ("normal-deviation", 2.5 + 3 * np.sqrt(1.25)),  # (2.25 + 0.25 + 0.25 + 2.25) / 4 = 1.25
        ("nearest-corner", 3),
        ("best-f1", 1),
        # Test scores 0 1 2 3 3 3 4 5: median 3 and upper quartile 4 (the higher of two).
        ("test-spread", 3 + 3 * (4 - 3) / 0.6744897501960817),
        ("test-share", above(3)),  # two of eight may reach it
    ],
)
def test_rules_by_hand(name, expected):
    assert rule(name).compute(evidence(), 0.25) == pytest.approx(expected, rel=1e-12)


def test_rules_without_normal_images_need_none():
    without = evidence(calibration=[])
    assert {known.name for known in RULES.entries() if known.unlabelled} == {
        "test-spread",
        "test-share",
    }
    for name in ("test-spread", "test-share"):
        assert rule(name).compute(without, 0.25) == rule(name).compute(evidence(), 0.25)
    with pytest.raises(Undefined, match="no held-out normal image"):
        rule("normal-quantile").compute(without, 0.25)


def test_rules_on_labels_say_so():
    assert {known.name for known in RULES.entries() if known.uses_labels} == {
        "nearest-corner",
        "best-f1",
    }


def test_rules_on_labels_have_no_value_on_normal_images_alone():
    for name in ("nearest-corner", "best-f1"):
        with pytest.raises(Undefined, match="no defective test image"):
            rule(name).compute(evidence(defective=()), 0.1)


def test_above_every_normal_score_flags_none_of_them():
    threshold = rule("normal-maximum").compute(evidence(), 0.1)
    assert not (threshold <= NORMAL).any()


def test_p_values_by_hand():
    """Of 1, 2, 3, 4 so many are as high: 4, 2, 1, 0; one more for the image itself, out of five."""
    found = p_values(NORMAL, np.array([0, 3, 4, 5], dtype=F))
    assert found == pytest.approx([5 / 5, 3 / 5, 2 / 5, 1 / 5])


def test_a_conformal_threshold_flags_what_has_a_small_p_value():
    calibration = np.arange(19, dtype=F)  # p-values in steps of 1 / 20
    for rate, allowed in ((0.05, 0), (0.1, 1), (0.149, 1), (0.15, 2), (0.5, 9)):
        threshold = rule("conformal").compute(evidence(calibration=calibration), rate)
        assert (calibration >= threshold).sum() == allowed
        scores = np.linspace(-1, 20, 200, dtype=F)
        assert ((scores >= threshold) == (p_values(calibration, scores) <= rate + 1e-9)).all()


def test_conformal_rates_that_the_images_cannot_support_are_refused():
    with pytest.raises(Undefined, match=r"with 4 normal images the lowest possible rate is 0\.2$"):
        rule("conformal").compute(evidence(), 0.19)
    assert rule("conformal").compute(evidence(), 0.2) == above(4)


def test_conformal_p_values_keep_their_promise():
    """Scores of one distribution: P(p <= a) is at most a, and at a multiple of 1 / (n + 1) a."""
    rng = np.random.default_rng(0)
    draws = rng.normal(size=(20_000, 20)).astype(F)
    found = np.array([p_values(draw[1:], draw[:1])[0] for draw in draws])
    for rate in (0.05, 0.1, 0.33, 0.5):
        share = (found <= rate + 1e-9).mean()
        expected = np.floor(rate * 20 + 1e-9) / 20
        assert share == pytest.approx(expected, abs=4 * np.sqrt(expected / 20_000))


def test_benjamini_and_hochberg_by_hand():
    """19 normal scores 0 to 18; p-values of the batch 0.05, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.

    At q = 0.2 the bounds are 0.025, 0.05, 0.075, 0.1, ...: the second is the last that holds
    (0.05 <= 0.05), so two images are flagged, though the first alone would fail.
    """
    calibration = np.arange(19, dtype=F)
    batch = {"defective": (30, 25, 17.5, 14.5), "normal": (9.5, 4.5, -1, -2)}
    one = evidence(**batch, calibration=calibration)
    assert rule("false-discovery").compute(one, 0.2) == 25
    assert rule("false-discovery").compute(one, 0.27) == 17.5  # 0.1 <= 0.27 * 3 / 8
    nothing = rule("false-discovery").compute(one, 0.1)
    assert nothing == above(30)


def test_the_false_discovery_rate_is_kept():
    """Half of a batch of 40 is shifted; the flagged share of normal ones is q / 2 on average."""
    rng = np.random.default_rng(1)
    shares = []
    for _ in range(600):
        calibration = rng.normal(size=199).astype(F)
        normal, defective = rng.normal(size=20), rng.normal(3, 1, 20)
        one = evidence(defective=defective, normal=normal, calibration=calibration)
        threshold = rule("false-discovery").compute(one, 0.2)
        flagged = (normal >= threshold).sum()
        shares.append(flagged / max(1, flagged + (defective >= threshold).sum()))
    assert np.mean(shares) == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize("name", ["conformal", "false-discovery"])
def test_p_values_are_of_images(name):
    pixels = PooledScores(lambda: iter([NORMAL]), "pixel")
    one = Evidence(pixels, pixels, lambda: None, {})
    with pytest.raises(Undefined, match="p-values are defined for whole images only"):
        rule(name).compute(one, 0.2)


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
