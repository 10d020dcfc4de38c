"""Whether thresholds hold: the target false positive rate against the measured one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from evaluation.decisions.pooled_scores import PooledScores
from evaluation.decisions.thresholds import Level
from evaluation.metrics.curves import Scores, Undefined
from evaluation.metrics.truth import Truth
from images.words import count, percent
from methods.patches.grid import ScoreMap

RATES = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
"""Target rates at which the found one is looked at."""
IMAGE_RATE = 0.05
"""The target rate at which images are judged in one number; few sets can support 1 %."""
CONFIDENCE = 0.95


@dataclass(frozen=True)
class FoundRate:
    """What share of the good test items is flagged at the threshold for a target rate."""

    level: Level
    target: float
    found: float
    low: float
    """Lower end of the 95 % interval of the found rate."""
    high: float
    """Upper end."""
    images: int
    """Good test images."""
    supported: bool
    """Whether the normal images can support so small a rate; see `PooledScores.smallest_rate`."""

    @property
    def holds(self) -> bool:
        """Whether the found rate is no higher than chance allows.

        The interval of images must reach down to the target, that of pixels to twice the target,
        since it leaves out that the threshold itself is an estimate.
        """
        return self.low <= (self.target if self.level == "image" else 2 * self.target)


def found_rates(
    maps: Sequence[ScoreMap],
    truths: Sequence[Truth],
    image_scores: Scores,
    normal_images: PooledScores,
    threshold: Callable[[Level, float], float],
    rates: Sequence[float] = RATES,
) -> tuple[FoundRate, ...]:
    """The found rate at each target rate, for pixels and for images; none without good images.

    `maps`, `truths` and `image_scores` (n,) are those of the test images, `normal_images` the
    scores of the normal ones, and `threshold` gives the threshold of a level for a target rate,
    or raises `Undefined`. Good test images are those known to have no defect. For images the
    interval is the exact binomial one of Clopper and Pearson. Pixels of an image go together, so
    theirs is a bootstrap over the images. Reads the maps of good images once.
    """
    good = [at for at, truth in enumerate(truths) if truth.defective is False]
    if not good:
        return ()
    try:
        thresholds = [threshold("pixel", rate) for rate in rates]
        image_thresholds = [threshold("image", rate) for rate in rates]
    except Undefined:
        return ()
    reached, sizes = _reached(maps, truths, good, thresholds)
    scores = image_scores[good]
    smallest = normal_images.smallest_rate
    found = []
    for rate, counts in zip(rates, reached.T, strict=True):
        low, high = _bootstrap(counts, sizes)
        share = float(counts.sum() / sizes.sum())
        found.append(FoundRate("pixel", rate, share, low, high, len(good), True))
    for rate, value in zip(rates, image_thresholds, strict=True):
        flagged = int((scores >= value).sum())
        low, high = share_interval(flagged, len(good))
        supported = rate >= smallest * (1 - 1e-9)
        found.append(FoundRate("image", rate, flagged / len(good), low, high, len(good), supported))
    return tuple(found)


def rate_at(rates: Sequence[FoundRate], level: Level, target: float) -> FoundRate | None:
    """The found rate of a level at one target rate, or None when it was not looked at."""
    for rate in rates:
        if rate.level == level and rate.target == target:
            return rate
    return None


def share_interval(found: int, items: int) -> tuple[float, float]:
    """The exact 95 % interval of a share of `items` (C. Clopper and E. Pearson, 1934)."""
    aside = (1 - CONFIDENCE) / 2
    low = betaincinv(found, items - found + 1, aside) if found else 0.0
    high = betaincinv(found + 1, items - found, 1 - aside) if found < items else 1.0
    return float(low), float(high)


def in_words(rate: FoundRate) -> str:
    """A found rate in one sentence."""
    sentence = (
        f"With a target of {percent(rate.target, 1)}, {percent(rate.found, 2)} of the good test "
        f"{rate.level}s are flagged (95 % interval {percent(rate.low, 1)} to "
        f"{percent(rate.high, 1)}, {count(rate.images, 'image')})"
    )
    if not rate.supported:
        return f"{sentence}; there are too few normal images for this target."
    return f"{sentence}." if rate.holds else f"{sentence}: more than the target."


def _reached(
    maps: Sequence[ScoreMap],
    truths: Sequence[Truth],
    good: Sequence[int],
    thresholds: Sequence[float],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The pixels (images, thresholds) of each image at or above each threshold, and all (images,).

    As thresholds are set on all pixels together, a large image has more weight than a small one.
    """
    rows, sizes = [], []
    for index in good:
        scores = truths[index].of_counted(maps[index])
        rows.append([int((scores >= threshold).sum()) for threshold in thresholds])
        sizes.append(scores.size)
    return np.array(rows), np.array(sizes)


def _bootstrap(reached: NDArray[np.int64], sizes: NDArray[np.int64]) -> tuple[float, float]:
    """The 95 % interval of the share of all pixels over draws of images."""
    draws = np.random.default_rng(0).integers(0, len(sizes), (1000, len(sizes)))
    shares = reached[draws].sum(axis=1) / sizes[draws].sum(axis=1)
    low, high = np.quantile(shares, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)
