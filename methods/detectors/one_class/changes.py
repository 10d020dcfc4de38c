"""Geometric transformations of an image, and which of them a classifier tells apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

LEAST_ACCURACY = 0.6
"""Two transformations are told apart when more than this share of normal patches is recognised;
chance is a half."""


@dataclass(frozen=True)
class Change:
    """A shift, then a mirroring, then a turn."""

    turns: int = 0
    """Turns by 90 degrees, counter-clockwise."""
    mirrored: bool = False
    """Left and right exchanged."""
    down: int = 0
    right: int = 0
    """Direction of the shift: -1, 0 or 1."""

    def __str__(self) -> str:
        shift = " ".join(
            word
            for step, words in ((self.down, ("up", "down")), (self.right, ("left", "right")))
            if step
            for word in [words[step > 0]]
        )
        parts = [
            f"turned by {90 * self.turns} degrees" if self.turns else "",
            "mirrored" if self.mirrored else "",
            f"shifted {shift}" if shift else "",
        ]
        return ", ".join(filter(None, parts)) or "unchanged"


def all_changes(turns: bool, mirrorings: bool, shifts: Literal[0, 4, 8]) -> tuple[Change, ...]:
    """Every combination of those asked for, the identity first.

    `shifts` is the number of directions: none, along the sides, or along the diagonals too.
    """
    steps = sorted(product((0, -1, 1), repeat=2), key=lambda step: abs(step[0]) + abs(step[1]))
    return tuple(
        Change(turn, mirrored, down, right)
        for (down, right), mirrored, turn in product(
            steps[: 1 + shifts], (False, True)[: 1 + mirrorings], range(4 if turns else 1)
        )
    )


def told_apart(logarithms: NDArray[np.float32]) -> tuple[list[int], dict[int, int]]:
    """Which transformations a classifier tells from each other, and what it takes the others for.

    `logarithms` (n, T, T) are log probabilities: of n normal patches under each transformation, the
    one given to each. Taken in their order, a transformation is kept when more than
    `LEAST_ACCURACY` of the patches are recognised between it and each of those kept before; beyond
    chance by two standard deviations where patches are few. The others are returned with the first
    they are taken for.
    """
    count, total = logarithms.shape[:2]
    least = max(LEAST_ACCURACY, 0.5 + 1 / np.sqrt(2 * count))
    kept: list[int] = []
    taken_for: dict[int, int] = {}
    for one in range(total):
        alike = [other for other in kept if accuracy(logarithms, one, other) <= least]
        if alike:
            taken_for[one] = alike[0]
        else:
            kept.append(one)
    return kept, taken_for


def accuracy(logarithms: NDArray[np.float32], one: int, other: int) -> float:
    """The share of patches under two transformations that is recognised between these two."""
    margins = [
        logarithms[:, own, own] - logarithms[:, own, wrong]
        for own, wrong in ((one, other), (other, one))
    ]
    return float(np.mean([(margin > 0) + 0.5 * (margin == 0) for margin in margins]))


def among(logarithms: NDArray[np.float32], kept: Sequence[int]) -> NDArray[np.float64]:
    """Log probabilities (n, K, K) given that the transformation is one of those kept."""
    chosen = logarithms[:, kept][:, :, kept].astype(np.float64)
    highest = chosen.max(axis=2, keepdims=True)
    total = np.log(np.exp(chosen - highest).sum(axis=2, keepdims=True)) + highest
    return np.asarray(chosen - total)
