"""Whether two methods decide differently about the same images by more than chance.

The test is an exact permutation test for pairs: if two methods were equally good, an image about
which they disagree would as often be right by one as by the other. With images of one class alone
it is the exact test of McNemar (Psychometrika 12, 1947; Edwards' review of exact p-values,
Fagerland, Lydersen and Laake, BMC Medical Research Methodology 13, 2013).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from evaluation.metrics.truth import known_labels

SIGNIFICANT = 0.05
"""The p-value from which a difference may be chance; divided by the number of comparisons."""
SAME = 1e-12

Flags = NDArray[np.bool_]
"""(n,): which images a method flags."""


def lead(first: Flags, second: Flags, labels: Sequence[bool | None]) -> float:
    """How far the first method is ahead in TPR - FPR, over the images with a known label.

    A class without images adds nothing.
    """
    return sum(won / images for won, _, images in _classes(first, second, labels))


def p_value(first: Flags, second: Flags, labels: Sequence[bool | None]) -> float:
    """The probability of a lead at least as large, either way, between equally good methods.

    Each image on which the flags differ goes to either method with probability one half,
    independently; the lead is compared over all such assignments. 1 where nothing differs.
    """
    leads, chances = np.zeros(1), np.ones(1)
    for _, differing, images in _classes(first, second, labels):
        won = np.arange(differing + 1)
        leads = np.add.outer(leads, (2 * won - differing) / images).ravel()
        chances = np.multiply.outer(chances, binom.pmf(won, differing, 0.5)).ravel()
    as_large = np.abs(leads) >= abs(lead(first, second, labels)) - SAME
    return float(min(1.0, chances[as_large].sum()))


def _classes(
    first: Flags, second: Flags, labels: Sequence[bool | None]
) -> list[tuple[int, int, int]]:
    """Of the defective and of the good images: by how many the first method is right more often,
    how many are flagged by one method alone, and how many there are."""
    known, defective = known_labels(labels)
    found = []
    for members, right in ((defective, True), (known & ~defective, False)):
        if members.any():
            differing = (first != second) & members
            won = int(np.count_nonzero(differing & (first == right)))
            lost = int(np.count_nonzero(differing)) - won
            found.append((won - lost, won + lost, int(np.count_nonzero(members))))
    return found
