"""The alternation of both steps, with likelihoods that are given."""

from collections.abc import Iterator, Sequence

import pytest

from methods.models.expectation_maximisation import maximise_likelihood


@pytest.mark.parametrize(
    ("likelihoods", "rounds", "maximised", "told"),
    [
        # The third round gains 5e-5, less than 1e-4, so its mixture stays.
        ([-2.0, -1.0, -0.99995, 0.0], 4, ["E0", "E1"], [0.25, 0.5, 0.75]),
        # The second one falls.
        ([-1.0, -2.0], 2, ["E0"], [0.5, 1.0]),
        ([-3.0, -2.0, -1.0], 3, ["E0", "E1", "E2"], [1 / 3, 2 / 3, 1.0]),
    ],
)
def test_it_ends_with_the_gain_or_the_rounds(
    likelihoods: Sequence[float], rounds: int, maximised: list[str], told: list[float]
) -> None:
    numbered: Iterator[tuple[int, float]] = iter(enumerate(likelihoods))
    done: list[str] = []
    fractions: list[float] = []

    def expect() -> tuple[float, str]:
        number, likelihood = next(numbered)
        return likelihood, f"E{number}"

    def progress(fraction: float, note: str = "") -> None:
        fractions.append(fraction)

    maximise_likelihood(expect, done.append, rounds, progress)
    assert done == maximised
    assert fractions == told
