"""Whether methods differ over many data sets: ranks, Friedman, Nemenyi, Wilcoxon with Holm.

After Demšar, Statistical comparisons of classifiers over multiple data sets, Journal of Machine
Learning Research 7, 2006. The unit of evidence is the data set: seeds of one set are averaged
before, since they are no independent sets.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, f, rankdata, studentized_range, wilcoxon

LEVEL = 0.05
"""At which differences are called significant."""

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Friedman:
    """The test of the hypothesis that all methods are alike (Demšar, section 3.2.2)."""

    chi_square: float
    p_value: float
    f_statistic: float
    """The correction of Iman and Davenport, which is less conservative."""
    f_p_value: float


@dataclass(frozen=True)
class Pair:
    """Two methods on the same sets."""

    first: int
    second: int
    """Places of the methods."""
    wins: int
    """Sets on which the first is better."""
    losses: int
    p_value: float
    """Of the Wilcoxon signed-rank test, two-sided."""
    adjusted: float
    """The same, adjusted by Holm for the number of pairs."""


def ranks(values: Values) -> Values:
    """Ranks of methods on each set, 1 for the highest value; ties share their mean rank.

    `values` are (sets, methods), without gaps.
    """
    return np.asarray(rankdata(-values, axis=1, method="average"))


def friedman(ranked: Values) -> Friedman:
    """The test on ranks (sets, methods), for two sets and two methods or more.

    chi^2 = 12 N / (k (k + 1)) (sum of R_j^2 - k (k + 1)^2 / 4) with mean ranks R_j of k methods on
    N sets, and F = (N - 1) chi^2 / (N (k - 1) - chi^2).
    """
    sets, methods = ranked.shape
    mean = ranked.mean(axis=0)
    spread = float((mean**2).sum()) - methods * (methods + 1) ** 2 / 4
    statistic = 12 * sets / (methods * (methods + 1)) * spread
    rest = sets * (methods - 1) - statistic
    # Where all sets give the same order, there is no rest.
    corrected = (sets - 1) * statistic / rest if rest > 1e-9 else np.inf
    return Friedman(
        statistic,
        float(chi2.sf(statistic, methods - 1)),
        float(corrected),
        float(f.sf(corrected, methods - 1, (methods - 1) * (sets - 1))),
    )


def critical_difference(methods: int, sets: int, level: float = LEVEL) -> float:
    """The difference of two mean ranks from which it is significant, by Nemenyi.

    q sqrt(k (k + 1) / (6 N)), with q of the Studentized range divided by the root of 2 (Demšar,
    section 3.2.2 and table 5).
    """
    q = float(studentized_range.ppf(1 - level, methods, np.inf)) / np.sqrt(2)
    return float(q * np.sqrt(methods * (methods + 1) / (6 * sets)))


def alike(mean_ranks: Sequence[float], difference: float) -> list[tuple[int, ...]]:
    """The largest groups of methods, as places, whose mean ranks all differ by less than that.

    They are the bars of a critical-difference diagram; a method that differs from all others is in
    none.
    """
    order = sorted(range(len(mean_ranks)), key=lambda at: mean_ranks[at])
    groups: list[tuple[int, ...]] = []
    reached = 0
    for start, first in enumerate(order):
        stop = start + 1
        while stop < len(order) and mean_ranks[order[stop]] - mean_ranks[first] < difference:
            stop += 1
        if stop > reached and stop - start > 1:
            groups.append(tuple(order[start:stop]))
        reached = max(reached, stop)
    return groups


def pairs(values: Values) -> list[Pair]:
    """Every pair of methods on `values` (sets, methods), by Wilcoxon and Holm.

    Differences of zero are divided between both sides (Demšar, section 3.1.3). A pair without any
    difference has a p-value of 1.
    """
    chosen = list(combinations(range(values.shape[1]), 2))
    found = [_wilcoxon(values[:, one] - values[:, other]) for one, other in chosen]
    return [
        Pair(
            one,
            other,
            int((values[:, one] > values[:, other]).sum()),
            int((values[:, one] < values[:, other]).sum()),
            p_value,
            adjusted,
        )
        for (one, other), p_value, adjusted in zip(chosen, found, holm(found), strict=True)
    ]


def _wilcoxon(differences: Values) -> float:
    if not differences.any():
        return 1.0
    return float(wilcoxon(differences, zero_method="zsplit").pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted for their number: of m, the smallest times m, the next times m - 1, ...

    None is smaller than one before it, nor larger than 1. Holm, Scandinavian Journal of Statistics
    6, 1979.
    """
    adjusted = [1.0] * len(p_values)
    highest = 0.0
    for at, place in enumerate(sorted(range(len(p_values)), key=lambda at: p_values[at])):
        highest = max(highest, min(1.0, (len(p_values) - at) * p_values[place]))
        adjusted[place] = highest
    return adjusted
