"""Which test images tell most about the methods, so that they are shown first."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from evaluation.metrics.curves import Scores
from evaluation.metrics.truth import known_labels

ALARMS = 1 / 3
"""The share of a few images that may be false alarms, which stand behind all defective images."""


def telling_order(
    flags: NDArray[np.bool_], scores: Sequence[Scores], labels: Sequence[bool | None]
) -> list[int]:
    """The numbers of all test images: defective ones, then unlabelled ones, then good ones.

    `flags` (methods, n) says which images each method flags, `scores` are those of each method for
    the images (n,). Defective ones about which the methods disagree come first, then those that all
    miss, then those that all find; a defect that is found is always on top if there is one. Good
    images that are flagged come before the others. Within each group the image that the methods
    together rank highest comes first, by the mean over the methods of its rank among all images.
    """
    known, defective = known_labels(labels)
    found = flags.mean(axis=0)
    disagree = (found > 0) & (found < 1)
    group = np.where(defective, np.where(disagree, 0, 1 + (found == 1)), np.where(known, 4, 3))
    group = np.where((group == 4) & (found == 0), 5, group)
    # Ranks, because scores of different methods have different scales.
    ranks = sum(np.nan_to_num(rankdata(each, nan_policy="omit")) for each in scores)
    order: list[int] = np.lexsort((-np.asarray(ranks), group)).tolist()
    first = next((at for at in order if defective[at] and found[at] > 0), None)
    if first is not None:
        order.remove(first)
        order.insert(0, first)
    return order


def telling_few(
    flags: NDArray[np.bool_],
    scores: Sequence[Scores],
    labels: Sequence[bool | None],
    count: int,
) -> list[int]:
    """The first `count` images in that order, with `ALARMS` of them left to false alarms.

    Where there are fewer false alarms, or fewer other images, the rest takes their places.
    """
    order = telling_order(flags, scores, labels)
    known, defective = known_labels(labels)
    alarms = known & ~defective & flags.any(axis=0)
    chosen = [at for at in order if alarms[at]][: int(count * ALARMS)]
    chosen += [at for at in order if at not in chosen][: count - len(chosen)]
    return [at for at in order if at in chosen]
