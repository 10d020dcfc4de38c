"""Alarms for drift: as rare as stated without a change, soon after one, and as the formulas say."""

import numpy as np
import pytest
from scipy.stats import binom, ks_2samp

from evaluation.decisions.drift import Drift, average_run_length, limit_for


def gaussian(count: int, seed: int, shift: float = 0.0) -> list[float]:
    return (np.random.default_rng(seed).normal(size=count) + shift).astype(np.float32).tolist()


@pytest.mark.parametrize(("limit", "published"), [(4, 336), (5, 930)])
def test_siegmunds_formula_agrees_with_published_run_lengths(
    limit: float, published: float
) -> None:
    """Montgomery, Introduction to Statistical Quality Control, k = 0.5: two-sided run lengths of
    168 and 465 at h = 4 and 5 are half of the one-sided ones."""
    assert average_run_length(limit) == pytest.approx(published, rel=0.03)


def test_the_limit_belongs_to_the_run_length() -> None:
    assert average_run_length(limit_for(10_000)) == pytest.approx(10_000)
    assert limit_for(1.0) == 0.0


def test_without_a_change_alarms_come_as_rarely_as_stated() -> None:
    """The gaps between 300 alarms have a standard error of about 6 % of their mean.

    Scores are skewed and normal images few: the run length depends on neither.
    """
    drift = Drift(np.random.default_rng(1).exponential(size=20).astype(np.float32), 9.0, 100.0)
    scores = np.random.default_rng(2).exponential(size=30_000).astype(np.float32)
    for at, score in enumerate(scores.tolist()):
        drift.add(str(at), score)
    assert len(scores) / drift.report().alarms == pytest.approx(100, rel=0.15)


def test_a_shift_is_told_soon_and_named() -> None:
    drift = Drift(np.array(gaussian(100, 1), dtype=np.float32), 2.5)
    before = [drift.add(f"{at}.png", score) for at, score in enumerate(gaussian(300, 2))]
    assert not any(before)
    assert not drift.report().drifting
    after = [drift.add(f"new {at}.png", score) for at, score in enumerate(gaussian(60, 3, 2.0))]
    first = after.index(True)
    assert first < 15
    report = drift.report()
    assert report.drifting
    assert report.first_alarm == f"new {first}.png"
    assert "one false alarm in 10,000 images" in report.text()


def test_a_day_that_is_different_from_its_start_is_told() -> None:
    drift = Drift(np.array(gaussian(20, 1), dtype=np.float32), 2.5)
    alarms = [drift.add(str(at), score) for at, score in enumerate(gaussian(20, 2, 4.0))]
    assert any(alarms[:15])


def test_the_statistics_are_those_of_scipy() -> None:
    """3 of 5 images are at or above 2; of the normal ones, with the image itself, 2 of 5."""
    normal = np.array([0, 1, 1.5, 2], dtype=np.float32)
    drift = Drift(normal, 2.0)
    for at, score in enumerate([0.5, 2.0, 3.0, 1.0, 4.0]):
        drift.add(str(at), score)
    report = drift.report()
    assert report.flagged_share == 3 / 5
    assert report.expected_share == 2 / 5
    assert report.flagged_p_value == pytest.approx(binom.sf(2, 5, 0.4))
    expected = ks_2samp([0.5, 2.0, 3.0, 1.0, 4.0], normal, method="exact")
    assert report.ks_distance == pytest.approx(expected.statistic)
    assert report.ks_p_value == pytest.approx(expected.pvalue)


def test_few_images_are_no_proof() -> None:
    """One image above 40: of the 41 places that it may have, the outer two are as far away."""
    drift = Drift(np.arange(40, dtype=np.float32), threshold=1e9)
    drift.add("first", 100.0)
    report = drift.report()
    assert report.ks_distance == 1
    assert report.ks_p_value == pytest.approx(2 / 41)


def test_a_bulk_outside_the_range_is_told_once_however_few_normal_images_there_are() -> None:
    """Normal scores from 0 to 1: the range ends at 1.5; the 10th image is the first looked at."""
    drift = Drift(np.array([0, 1], dtype=np.float32), 1.2, 1e9)
    assert [drift.add(str(at), 1.6) for at in range(12)] == [False] * 9 + [True] + [False] * 2
    report = drift.report()
    assert (report.alarms, report.outside, report.drifting) == (0, True, True)
    assert "more than half of the latest 12 score outside the range of normal" in report.text()


def test_equal_scores_and_no_scores_give_no_alarm() -> None:
    drift = Drift(np.ones(5, dtype=np.float32), 2.0, 1000.0)
    assert [drift.add(str(at), 1.0) for at in range(50)] == [False] * 50
    none = Drift(np.empty(0, dtype=np.float32), 2.0)
    assert not none.add("a", 9.0)
    report = none.report()
    assert (report.cusum, report.ks_p_value, report.expected_share) == (None, None, None)
    assert report.flagged_share == 1.0
