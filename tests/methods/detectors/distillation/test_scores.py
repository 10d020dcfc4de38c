"""Errors, uncertainties and their moments, on numbers worked out by hand."""

import numpy as np
import pytest

from methods.detectors.distillation.scores import (
    NormalScores,
    differences,
    errors,
    uncertainties,
)

OUTPUTS = np.array([[[1, 0]], [[3, 0]], [[2, 3]]], dtype=np.float32)
"""Three students of one cell with two features; their mean is (2, 1)."""
TEACHER = np.array([[0, 4]], dtype=np.float32)


def test_the_error_is_the_squared_distance_of_the_mean_student() -> None:
    """(2 - 0)^2 + (1 - 4)^2 = 13."""
    missed = differences(OUTPUTS, TEACHER)
    np.testing.assert_array_equal(missed, [[2, -3]])
    assert errors(missed) == pytest.approx(13)


def test_a_metric_weighs_the_differences_before_they_are_squared() -> None:
    """(2, -3) becomes (1, -9) when its components are halved and tripled: 1 + 81."""
    metric = np.diag([0.5, 3]).astype(np.float32)
    assert errors(differences(OUTPUTS, TEACHER), metric) == pytest.approx(82)


def test_the_uncertainty_is_the_mean_square_less_the_square_of_the_mean() -> None:
    """(1 + 9 + 13) / 3 - (4 + 1) = 23 / 3 - 5."""
    assert uncertainties(OUTPUTS) == pytest.approx(23 / 3 - 5)


def test_students_that_agree_are_certain() -> None:
    assert uncertainties(np.full((5, 4, 3), 7, dtype=np.float32)) == pytest.approx(0)


def array(values: object) -> np.ndarray:
    return np.array(values, dtype=np.float32)


def normal(
    missed: object, uncertain: object, zones: list[int] | None = None, whiten: bool = False
) -> NormalScores:
    """Learned from cells that lie in the inside unless zones are given."""
    uncertain = array(uncertain)
    where = np.zeros(len(uncertain), dtype=np.int64) if zones is None else np.array(zones)
    return NormalScores.of(array(missed), uncertain, where, 1 + max(where), whiten)


INSIDE = np.zeros(1, dtype=np.int64)


def test_the_score_of_a_cell_is_the_sum_of_both_in_deviations() -> None:
    """Two normal cells miss the teacher by 1 and 3, with uncertainties of 1 and 4.

    e is 1 and 9, with mean 5 and deviation 4; v has mean 2.5 and deviation 1.5. A cell that misses
    by 7 with an uncertainty of 4 has (49 - 5) / 4 = 11 and (4 - 2.5) / 1.5 = 1. Both are divided by
    the mean of their zone first, which changes nothing with one zone.
    """
    found = normal([[1], [3]], [1, 4])
    np.testing.assert_allclose(found.usual, [[5], [2.5]])
    np.testing.assert_allclose(found.moments, [1, 4 / 5, 1, 1.5 / 2.5])
    error, uncertainty = found.standardised(array([[7]]), array([4]), INSIDE)
    assert error == pytest.approx(11)
    assert uncertainty == pytest.approx(1)


def test_an_error_is_judged_by_what_is_usual_in_its_zone() -> None:
    """Errors are 1 inside and 9 near the border, a thousand cells each, so their mean is 5.

    With a prior weight of 8 cells, the means are (1000 + 40) / 1008 and (9000 + 40) / 1008.
    """
    missed = [[1]] * 1000 + [[3]] * 1000
    found = normal(missed, [1] * 2000, zones=[0] * 1000 + [1] * 1000)
    np.testing.assert_allclose(found.usual[0], [1040 / 1008, 9040 / 1008])
    inside, border = (
        found.standardised(array([[square**0.5]]), array([1]), np.array([zone]))[0]
        for square, zone in ((1040 / 1008, 0), (9040 / 1008, 1))
    )
    assert inside == pytest.approx(border, abs=1e-5)


def test_normal_cells_have_standardised_scores() -> None:
    rng = np.random.default_rng(0)
    missed, uncertain = array(rng.normal(size=(500, 4))), array(rng.random(500))
    zones = rng.integers(0, 3, 500)
    for whiten in (False, True):
        found = NormalScores.of(missed, uncertain, zones, 3, whiten)
        for values in found.standardised(missed, uncertain, zones):
            assert values.mean() == pytest.approx(0, abs=1e-4)
            assert values.std() == pytest.approx(1, abs=1e-3)


def test_whitened_errors_count_less_where_students_miss_normal_features() -> None:
    """Differences of deviation 3 and 1: the metric divides by the root of 9.01 and of 1.01."""
    signs = array([[1, 1], [1, -1], [-1, 1], [-1, -1]])
    found = normal(signs * (3, 1), [0] * 4, whiten=True)
    assert found.metric is not None
    np.testing.assert_allclose(np.diag(found.metric), [9.01**-0.5, 1.01**-0.5], rtol=1e-5)
    np.testing.assert_allclose(found.metric[[0, 1], [1, 0]], 0, atol=1e-6)
    assert found.usual[0, 0] == pytest.approx(9 / 9.01 + 1 / 1.01)


def test_scores_that_never_change_are_finite() -> None:
    for missed in (0, 1):
        found = normal([[missed]] * 3, [0] * 3)
        for values in found.standardised(array([[missed]]), array([0]), INSIDE):
            assert values == pytest.approx(0, abs=1)


@pytest.mark.parametrize("whiten", [False, True])
def test_what_is_saved_is_restored(whiten: bool) -> None:
    rng = np.random.default_rng(0)
    made = normal(rng.normal(size=(30, 3)), rng.random(30), whiten=whiten)
    again = NormalScores.restored(made.state())
    assert set(again.state()) == set(made.state())
    for key, value in made.state().items():
        np.testing.assert_array_equal(again.state()[key], value)
