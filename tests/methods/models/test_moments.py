"""Mean and covariance in one pass, against numpy on all patches at once."""

import numpy as np

from methods.models.moments import Moments, deviations


def test_batches_add_up_to_the_moments_of_all() -> None:
    patches = np.random.default_rng(0).normal(1000, 1, (50, 3)).astype(np.float32)
    moments = Moments.of(patches[start:stop] for start, stop in ((0, 7), (7, 30), (30, 50)))
    whole = patches.astype(np.float64)
    assert moments.count == 50
    np.testing.assert_allclose(moments.mean, whole.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(moments.covariance, np.cov(whole.T, bias=True), rtol=1e-9)


def test_features_that_never_change_can_be_divided() -> None:
    np.testing.assert_allclose(deviations(np.diag([4.0, 0.0])), [2, 0.002])
    np.testing.assert_array_equal(deviations(np.zeros((2, 2))), [1, 1])
