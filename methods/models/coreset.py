"""Few vectors that stand for many: a greedy coreset, or centres of clusters."""

import time

import numpy as np
from numpy.typing import NDArray

from methods.features.patch_features import Patches
from methods.models.search import nearest
from methods.progress import Progress

COARSE = 64
"""Dimensions of the random projection in which the coreset is chosen."""

ROUNDS = 20
"""Rounds of Lloyd's algorithm; distances to the centres hardly change after that."""


def greedy_coreset(
    patches: Patches, count: int, rng: np.random.Generator, progress: Progress
) -> NDArray[np.int64]:
    """Numbers of `count` patches such that no patch is far from all of them.

    Starts from a random patch; each next one is the patch farthest from those chosen so far,

        argmax_x min_{b chosen} ||p(x) - p(b)||,

    p a random linear projection to fewer dimensions (Roth et al. 2022, Algorithm 1). Notes tell the
    time that it will take. Cost: n x count x `COARSE` multiplications.
    """
    points = patches
    if patches.shape[1] > COARSE:
        projection = rng.normal(size=(patches.shape[1], COARSE)) / COARSE**0.5
        points = patches @ projection.astype(np.float32)
    half_squares = np.einsum("nd,nd->n", points, points) / 2
    chosen = np.empty(count, dtype=np.int64)
    chosen[0] = rng.integers(len(points))
    gaps = np.full(len(points), np.inf, dtype=np.float32)
    start = time.monotonic()
    for done in range(1, count):
        last = chosen[done - 1]
        gaps = np.minimum(gaps, half_squares - points @ points[last] + half_squares[last])
        chosen[done] = gaps.argmax()
        if done % 20 == 0:
            left = (time.monotonic() - start) / done * (count - done)
            progress(done / count, f"{done} of {count} patches selected, {left:.0f} s left")
    return chosen


def cluster_centres(
    patches: Patches, count: int, rng: np.random.Generator, progress: Progress
) -> Patches:
    """The centres (count, d) of k-means clusters (Lloyd's algorithm from random patches).

    A centre that loses all its patches stays where it is. Cost: n x count x d multiplications a
    round.
    """
    centres = patches[rng.choice(len(patches), count, replace=False)]
    for done in range(ROUNDS):
        members = nearest(patches, centres)
        order = np.argsort(members, kind="stable")
        held, starts = np.unique(members[order], return_index=True)
        sums = np.add.reduceat(patches[order], starts, axis=0)
        centres[held] = sums / np.diff(np.append(starts, len(patches)))[:, None]
        progress((done + 1) / ROUNDS)
    return centres
