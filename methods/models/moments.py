"""Mean and covariance of patches, gathered in one pass."""

from collections.abc import Iterable
from typing import Self

import numpy as np
from numpy.typing import NDArray

from methods.features.patch_features import Patches


class Moments:
    """Mean and covariance of patches (n, d) that are added a batch at a time.

    Memory holds d x d numbers whatever the number of patches. Sums are taken of differences from a
    typical patch, so that they keep their digits.
    """

    def __init__(self) -> None:
        self.count = 0

    @classmethod
    def of(cls, batches: Iterable[Patches]) -> Self:
        """The moments of all batches together."""
        moments = cls()
        for patches in batches:
            moments.add(patches)
        return moments

    def add(self, patches: Patches) -> None:
        """Take in a batch. Cost: n d^2 multiplications."""
        if self.count == 0:
            self._shift = patches.mean(axis=0, dtype=np.float64)
            self._sum = np.zeros(patches.shape[1])
            self._products = np.zeros((patches.shape[1], patches.shape[1]))
        differences = patches - self._shift
        self.count += len(patches)
        self._sum += differences.sum(axis=0)
        self._products += differences.T @ differences

    @property
    def mean(self) -> NDArray[np.float64]:
        """(d,)"""
        return self._shift + self._sum / self.count

    @property
    def covariance(self) -> NDArray[np.float64]:
        """(d, d), the mean of products: divided by the number of patches."""
        centre = self._sum / self.count
        return self._products / self.count - np.outer(centre, centre)


def deviations(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard deviations by which one can divide, also where normal patches never change."""
    return without_zeros(np.sqrt(covariance.diagonal().clip(0)))


def without_zeros(spread: NDArray[np.float64]) -> NDArray[np.float64]:
    """Deviations kept above a thousandth of the largest; ones where all are zero."""
    largest = spread.max()
    return spread.clip(1e-3 * largest) if largest > 0 else np.ones_like(spread)
