"""Expectation-maximisation, whatever the mixture and the library that computes it."""

import math
from collections.abc import Callable
from typing import TypeVar

from methods.progress import Progress

GAIN = 1e-4
"""It ends when the mean log-likelihood rises by less."""

Expected = TypeVar("Expected")


def maximise_likelihood(
    expect: Callable[[], tuple[float, Expected]],
    maximise: Callable[[Expected], None],
    rounds: int,
    progress: Progress,
) -> None:
    """Alternate the steps E and M until the likelihood gains little, `rounds` times at most.

    `expect` gives the mean log-likelihood of the present mixture, and what `maximise` needs for the
    next one. (Dempster, Laird and Rubin, Maximum likelihood from incomplete data via the EM
    algorithm, JRSS B 1977.)
    """
    likelihood = -math.inf
    for number in range(rounds):
        found, expected = expect()
        progress((number + 1) / rounds)
        if found - likelihood < GAIN:
            break
        likelihood = found
        maximise(expected)
