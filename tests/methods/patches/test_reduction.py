"""Reduced patches on numbers worked out by hand."""

import numpy as np
import pytest

from methods.models.moments import Moments
from methods.patches.reduction import Kind, Reduction, components_for

# Means 2 and 10; variances 1 and 16; the features rise together: covariance 4, correlation 1.
PATCHES = np.array([[1, 6], [3, 14]], dtype=np.float32)


def reduced(kind: Kind, dimensions: int) -> tuple[Reduction, np.ndarray]:
    moments = Moments.of([PATCHES])
    reduction = Reduction(kind, dimensions)
    reduction.fit(moments, np.random.default_rng(0))
    # The covariance that is foretold is that of the reduced patches.
    found = reduction(PATCHES)
    foretold = reduction.covariance(moments)
    np.testing.assert_allclose(foretold, found.T @ found / 2, atol=1e-6)
    return reduction, found


def test_all_features_in_standard_deviations() -> None:
    np.testing.assert_allclose(reduced("none", 1)[1], [[-1, -1], [1, 1]])


def test_random_features_keep_their_values() -> None:
    np.testing.assert_allclose(reduced("random", 1)[1], [[-1], [1]])
    np.testing.assert_allclose(reduced("random", 5)[1], [[-1, -1], [1, 1]])


@pytest.mark.parametrize("dimensions", [1, 2])
def test_the_first_component_holds_what_rises_together(dimensions: int) -> None:
    _, found = reduced("principal", dimensions)
    # Along (1, 1) / sqrt(2) the standardised patches lie at -sqrt(2) and sqrt(2).
    expected = np.array([[2**0.5, 0], [2**0.5, 0]])[:, :dimensions]
    np.testing.assert_allclose(np.abs(found), expected, atol=1e-6)


def test_survives_its_state() -> None:
    reduction, found = reduced("principal", 1)
    again = Reduction("principal", 1)
    again.restore(reduction.state())
    np.testing.assert_array_equal(again(PATCHES), found)


@pytest.mark.parametrize(("variance", "kept"), [(0.5, 1), (0.65, 2), (0.95, 3), (1.0, 4)])
def test_components_hold_a_share_of_the_variance(variance: float, kept: int) -> None:
    """The shares of 6, 3, 1 and 0 add up to 0.6, 0.9, 1 and 1; a share of 1 keeps all."""
    assert components_for(np.array([6.0, 3.0, 1.0, 0.0]), variance) == kept
