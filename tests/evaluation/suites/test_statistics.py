"""Demšar 2006, table 6: AUC of C4.5 with and without m and cf on 14 sets, with his results."""

import numpy as np
import pytest

from evaluation.suites.statistics import (
    alike,
    critical_difference,
    friedman,
    holm,
    pairs,
    ranks,
)

RANKS = np.array(
    [
        (4, 3, 2, 1),
        (1, 2, 3, 4),
        (4, 1, 2, 3),
        (4, 1, 3, 2),
        (4, 2, 3, 1),
        (1, 2.5, 4, 2.5),
        (3, 2, 4, 1),
        (2.5, 2.5, 4, 1),
        (4, 3, 2, 1),
        (2.5, 2.5, 2.5, 2.5),
        (4, 2.5, 1, 2.5),
        (3, 2, 4, 1),
        (4, 1, 2, 3),
        (3, 1, 4, 2),
    ]
)
VALUES = np.array(
    [
        (0.763, 0.768, 0.771, 0.798),
        (0.599, 0.591, 0.590, 0.569),
        (0.954, 0.971, 0.968, 0.967),
        (0.628, 0.661, 0.654, 0.657),
        (0.882, 0.888, 0.886, 0.898),
        (0.936, 0.931, 0.916, 0.931),
        (0.661, 0.668, 0.609, 0.685),
        (0.583, 0.583, 0.563, 0.625),
        (0.775, 0.838, 0.866, 0.875),
        (1.000, 1.000, 1.000, 1.000),
        (0.940, 0.962, 0.965, 0.962),
        (0.619, 0.666, 0.614, 0.669),
        (0.972, 0.981, 0.975, 0.974),  # the last two are printed equal and ranked 2 and 3
        (0.957, 0.978, 0.946, 0.970),
    ]
)


def test_ranks_are_those_of_the_published_table() -> None:
    np.testing.assert_array_equal(ranks(VALUES), RANKS)
    assert ranks(VALUES).mean(axis=0) == pytest.approx([3.143, 2.0, 2.893, 1.964], abs=5e-4)


def test_friedman_and_its_correction_are_as_published() -> None:
    found = friedman(RANKS)
    assert found.chi_square == pytest.approx(9.28, abs=0.01)
    assert found.f_statistic == pytest.approx(3.69, abs=0.01)
    assert 0.01 < found.f_p_value < 0.05  # the critical value at 5 % is 2.85


def test_equal_orders_on_all_sets_leave_no_doubt() -> None:
    """R = (1, 2, 3) and N = 3: 12 * 3 / 12 * (14 - 12) = 6 = N (k - 1), so F is infinite."""
    found = friedman(np.array([(1.0, 2.0, 3.0)] * 3))
    assert found.chi_square == pytest.approx(6)
    assert (found.f_statistic, found.f_p_value) == (np.inf, 0)


def test_the_critical_difference_is_as_published() -> None:
    assert critical_difference(4, 14) == pytest.approx(1.25, abs=0.01)
    assert critical_difference(4, 14, level=0.10) == pytest.approx(1.12, abs=0.01)


@pytest.mark.parametrize(
    ("methods", "q"),
    list(enumerate((1.96, 2.343, 2.569, 2.728, 2.85, 2.949, 3.031, 3.102, 3.164), start=2)),
)
def test_critical_values_are_those_of_table_5(methods: int, q: float) -> None:
    """With N = k (k + 1) / 6 the root is 1."""
    assert critical_difference(methods, 1) / np.sqrt(methods * (methods + 1) / 6) == pytest.approx(
        q, abs=1e-3
    )


def test_groups_are_as_in_the_published_text() -> None:
    """At 10 % (1.12): C4.5 differs from C4.5+m and C4.5+m+cf; cf with neither of the others."""
    mean = RANKS.mean(axis=0)
    assert alike(mean, critical_difference(4, 14, level=0.10)) == [(3, 1, 2), (2, 0)]
    assert alike([1.0, 2.0, 5.0], 1.5) == [(0, 1)]
    assert alike([1.0, 1.5, 2.0], 1.2) == [(0, 1, 2)]


def test_two_methods_by_wilcoxon() -> None:
    """C4.5 and C4.5+m: Demšar's table 2 has R+ = 93 and R- = 12 with two zeros split evenly."""
    found = pairs(VALUES[:, :2])[0]
    assert (found.wins, found.losses) == (2, 10)
    assert 0.005 < found.p_value < 0.02
    assert found.adjusted == found.p_value


def test_five_differences_of_one_sign_have_two_in_32() -> None:
    """All of 2^5 signs are equally likely, and two of them are as extreme."""
    values = np.array([(0.5 + step, 0.5) for step in (0.01, 0.02, 0.03, 0.04, 0.05)])
    (found,) = pairs(values)
    assert found.p_value == pytest.approx(2 / 32)
    assert (found.wins, found.losses) == (5, 0)


def test_methods_that_never_differ() -> None:
    assert pairs(np.ones((4, 2)))[0].p_value == 1


def test_holm_multiplies_the_smallest_most() -> None:
    """0.01 * 4, 0.02 * 3, then 0.03 * 2 = 0.06 and 0.04 * 1, which may not be smaller."""
    assert holm([0.04, 0.01, 0.03, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.6, 0.5]) == [1.0, 1.0]
