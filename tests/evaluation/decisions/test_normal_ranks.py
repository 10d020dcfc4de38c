import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evaluation.decisions.normal_ranks import NormalRanks
from evaluation.decisions.pooled_scores import PooledScores
from evaluation.metrics.curves import Undefined

F = np.float32


def ranks_of(*images):
    batches = [np.array(image, dtype=F) for image in images]
    return NormalRanks.of(PooledScores(lambda: iter(batches), "pixel"))


def test_shares_by_hand():
    ranks = ranks_of([1, 2, 2, 2, 3], [2, 4, 5, 6, 7])
    found = [ranks.share_at_or_above(score) for score in (0, 1, 2, 2.5, 3, 6.5, 7, 8)]
    assert found == [1.0, 1.0, 0.9, 0.5, 0.5, 0.1, 0.1, 0.0]


@given(
    arrays(F, st.integers(1, 60), elements=st.floats(-5, 5, width=16)),
    st.floats(-6, 6, width=16),
)
def test_small_sets_are_exact(scores, score):
    share = ranks_of(scores[: len(scores) // 2], scores[len(scores) // 2 :])
    assert share.share_at_or_above(score) == pytest.approx(np.mean(scores >= F(score)))


def test_large_sets_are_right_to_what_is_shown():
    rng = np.random.default_rng(0)
    images = [rng.gamma(2, 1 + 0.1 * at, 60_000).astype(F) for at in range(20)]
    ranks = ranks_of(*images)
    assert len(ranks.scores) <= 2**15
    pooled = np.concatenate(images)
    scores = np.concatenate([np.quantile(pooled, [0, 0.1, 0.5, 0.9, 0.99, 0.9999]), [pooled.max()]])
    for score in scores.tolist():
        exact = np.mean(pooled >= F(score))
        assert ranks.share_at_or_above(score) == pytest.approx(exact, abs=5e-5)


def test_maps_are_read_twice_however_often_it_is_asked():
    read = []

    def batches():
        read.append(1)
        return iter([np.arange(10, dtype=F)])

    ranks = NormalRanks.of(PooledScores(batches, "pixel"))
    assert [ranks.share_at_or_above(score) for score in (2.5, 5, 7.5)] == [0.7, 0.5, 0.2]
    assert len(read) == 2


def test_no_normal_score_is_told():
    with pytest.raises(Undefined, match="no held-out normal pixel"):
        ranks_of()
