import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evaluation.decisions.pooled_scores import PooledScores, above
from evaluation.metrics.curves import Undefined
from evaluation.metrics.truth import ScoreError, Truth

F = np.float32


def pixels(*images):
    batches = [np.array(image, dtype=F) for image in images]
    return PooledScores(lambda: iter(batches), "pixel")


def test_threshold_for_a_rate_by_hand():
    normal = pixels([1, 2, 3, 4, 5], [6, 7, 8, 9, 10])
    # 20 % of ten scores are two: 10 and 9 may reach it, 8 may not.
    assert normal.threshold_for(0.2) == above(8)
    assert normal.threshold_for(0.0) == above(10)
    assert normal.threshold_for(0.05) == above(10)
    assert normal.threshold_for(1.0) == 1


def test_a_rate_that_can_be_kept_exactly_is():
    """29 of 0 to 99 lie above 70; 0.29 x 100 is below 29 in floating point."""
    scores = PooledScores.of_images(np.arange(100, dtype=np.float32))
    assert scores.threshold_for(0.29) == np.nextafter(np.float32(70), np.float32(71))


def test_ties_never_exceed_the_rate():
    normal = pixels([1, 2, 2, 2, 2, 2, 2, 2, 2, 3])
    # Allowing 2 of 10 cannot cut the eight 2s in two.
    assert normal.threshold_for(0.2) == above(2)


def test_mean_and_deviation_by_hand():
    # Mean 5, squares of the offsets 9 + 1 + 1 + 1 + 0 + 0 + 4 + 16 = 32, over 8 is 4.
    mean, deviation = pixels([2, 4, 4], [4, 5, 5, 7, 9]).mean_and_deviation()
    assert (mean, deviation) == (pytest.approx(5), pytest.approx(2))


def test_large_scores_keep_their_deviation():
    mean, deviation = pixels([1e6 + 1, 1e6 + 3]).mean_and_deviation()
    assert (mean, deviation) == (pytest.approx(1e6 + 2), pytest.approx(1))


@settings(deadline=None, max_examples=100)
@given(
    st.lists(
        arrays(F, st.integers(1, 30), elements=st.floats(-(2.0**100), 2.0**100, width=32)),
        min_size=1,
        max_size=4,
    ),
    st.floats(0, 1),
)
def test_order_statistics_are_exact(images, rate):
    normal = pixels(*images)
    everything = np.sort(np.concatenate(images))[::-1]
    assert normal.count == len(everything)
    assert [normal.descending(at) for at in range(len(everything))] == everything.tolist()
    assert normal.maximum() == everything[0]
    assert normal.minimum() == everything[-1]
    assert normal.median() == everything[(len(everything) - 1) // 2]
    threshold = normal.threshold_for(rate)
    if rate < 1:
        assert (everything >= threshold).sum() <= rate * len(everything)


def test_a_bootstrap_threshold_is_higher_and_keeps_to_the_rate_on_most_draws():
    rng = np.random.default_rng(4)
    images = [rng.normal(shift, 1, 2000).astype(F) for shift in rng.normal(0, 0.5, 12)]
    normal = pixels(*images)
    safe = normal.bootstrap_threshold(0.02)
    assert safe > normal.threshold_for(0.02)
    others = np.random.default_rng(5)
    kept = [
        np.mean(np.concatenate([images[at] for at in others.integers(0, 12, 12)]) >= safe) <= 0.02
        for _ in range(400)
    ]
    assert 0.92 <= np.mean(kept) <= 0.995


def test_images_of_equal_scores_give_the_plain_threshold():
    one = np.linspace(0, 1, 101, dtype=F)
    normal = pixels(one, one, one)
    # 5 of 101 may reach it: 1.00 to 0.96, so it lies just above 0.95.
    assert normal.bootstrap_threshold(0.05) == pytest.approx(0.95, abs=1e-6)


@pytest.mark.parametrize(
    "figure",
    [
        PooledScores.median,
        PooledScores.maximum,
        PooledScores.mean_and_deviation,
        lambda normal: normal.threshold_for(0.1),
        lambda normal: normal.bootstrap_threshold(0.1),
    ],
)
def test_without_normal_images_nothing_is_defined(figure):
    with pytest.raises(Undefined, match="no held-out normal image"):
        figure(PooledScores.of_images(np.empty(0, dtype=F)))


def test_pixels_that_do_not_count_set_no_threshold():
    scores = np.array([[1, 2], [3, 99]], dtype=F)
    counted = np.array([[True, True], [True, False]])
    normal = PooledScores.of_pixels([scores], [Truth("a", None, False, counted)])
    assert normal.maximum() == 3


def test_bad_maps_are_refused_by_name():
    normal = PooledScores.of_pixels(
        [np.array([[np.nan]], dtype=F)], [Truth("dusk.png", None, False)]
    )
    with pytest.raises(ScoreError, match=r"dusk\.png"):
        normal.maximum()
