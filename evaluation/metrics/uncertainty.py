"""How much metrics would vary with other test images: bootstrap over images.

Pixels of one image go together, so whole images are drawn with replacement, the defective and
the normal ones apart so that both are in every draw. The draws are the same for all methods of a
comparison, which makes differences between two methods paired. Efron and Tibshirani, An
Introduction to the Bootstrap, 1993, chapters 8 and 13.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.decisions.thresholds import Level
from evaluation.metrics.curves import Ranking, Scores, Undefined, roc_curve, thin
from evaluation.metrics.metrics import Measure, Metrics, Protocol, Rankings, measures
from evaluation.metrics.regions import PixelRanking, defective_pixels
from evaluation.metrics.truth import Truth, known_labels
from methods.patches.grid import ScoreMap

DRAWS = 1000
CLASSES = 1000
"""Classes into which pixels fall; images are counted one by one."""
FEWEST_IMAGES = 3


@dataclass(frozen=True)
class Interval:
    """The 95 % confidence interval of a metric over draws of images."""

    low: float
    high: float
    images: int
    """How many images were drawn from."""


@dataclass(frozen=True)
class Band:
    """Where a ROC curve would lie in 95 % of the draws, at each false positive rate."""

    x: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


@dataclass(frozen=True)
class Tally:
    """How many items of each of n images lie at or above each of k falling thresholds."""

    thresholds: Scores
    defective: NDArray[np.float64]
    """(n, k)"""
    normal: NDArray[np.float64]
    """(n, k)"""
    overlaps: NDArray[np.float64]
    """(n, k): the shares of an image's defect regions at or above, summed over its regions."""
    regions: NDArray[np.float64]
    """(n,): how many defect regions an image has."""
    item: str

    def rankings(self, draws: NDArray[np.float64]) -> list[PixelRanking]:
        """The rankings of images drawn as often as each row of `draws` (m, n) says.

        Items of one class count as ties.
        """
        found, called = draws @ self.defective, draws @ self.normal
        overlaps, regions = draws @ self.overlaps, draws @ self.regions
        above = np.concatenate([np.zeros((len(draws), 1)), called[:, :-1]], axis=1)
        return [
            PixelRanking(
                self.thresholds,
                found[at].astype(np.int64),
                called[at].astype(np.int64),
                above[at].astype(np.int64),
                int(found[at, -1]),
                int(called[at, -1]),
                self.item,
                overlaps[at] / max(1.0, regions[at]),
                np.empty(0, dtype=np.float32),
            )
            for at in range(len(draws))
        ]


def tally_images(scores: Scores, labels: Sequence[bool | None]) -> Tally:
    """Images as items of their own; those that nobody labelled count for nothing."""
    known, defective = known_labels(labels)
    # The lowest threshold is there even where no image is.
    thresholds = np.append(np.unique(scores)[::-1], np.float32(-np.inf))
    reached = (scores[:, None] >= thresholds).astype(np.float64)
    return Tally(
        thresholds,
        reached * defective[:, None],
        reached * (known & ~defective)[:, None],
        np.zeros(reached.shape),
        np.zeros(len(scores)),
        "test image",
    )


def tally_pixels(maps: Sequence[ScoreMap], truths: Sequence[Truth], ranking: PixelRanking) -> Tally:
    """Pixels of every image in classes that divide the ROC curve evenly. Reads each map once."""
    try:
        steps = thin(roc_curve(ranking), CLASSES).thresholds
    except Undefined:
        steps = np.empty(0, dtype=np.float32)
    thresholds = np.append(np.unique(steps[np.isfinite(steps)])[::-1], np.float32(-np.inf))
    rising = thresholds[::-1]
    defective, normal, overlaps = np.zeros((3, len(truths), len(thresholds)))
    regions = np.zeros(len(truths))
    for index, truth in enumerate(truths):
        if truth.mask is None:
            continue
        scores = maps[index]
        inside = defective_pixels(scores, truth)
        order = np.argsort(inside.scores)
        first = np.searchsorted(inside.scores[order], rising)
        defective[index] = (len(order) - first)[::-1]
        from_top = np.concatenate([np.cumsum(inside.weights[order][::-1])[::-1], [0.0]])
        overlaps[index] = from_top[first][::-1]
        everything = np.sort(truth.of_counted(scores))
        reached = (len(everything) - np.searchsorted(everything, rising))[::-1]
        normal[index] = reached - defective[index]
        regions[index] = len(inside.peaks)
    return Tally(thresholds, defective, normal, overlaps, regions, "pixel")


def draw(labels: Sequence[bool | None], draws: int = DRAWS) -> NDArray[np.float64]:
    """How often each image is drawn (draws, n); the same for the same labels."""
    groups = [
        [index for index, own in enumerate(labels) if own is label] for label in (True, False, None)
    ]
    return draw_within(groups, draws)


def draw_within(groups: Sequence[Sequence[int]], draws: int = DRAWS) -> NDArray[np.float64]:
    """How often each image is drawn (draws, n) where every group, which holds the numbers of
    images, is drawn from apart; the same for the same groups."""
    rng = np.random.default_rng(0)
    counts = np.zeros((draws, sum(map(len, groups))))
    for members in groups:
        if members:
            chances = np.full(len(members), 1 / len(members))
            counts[:, list(members)] = rng.multinomial(len(members), chances, size=draws)
    return counts


@dataclass(frozen=True)
class Resampled:
    """All metrics of one method in every draw of images."""

    values: Mapping[str, NDArray[np.float64]]
    """(draws,) for every measure that has a value; NaN where a draw has none."""
    images: Mapping[str, int]
    """How many images each measure was drawn from."""
    roc_bands: Mapping[Level, Band]
    """Around the ROC curve of pixels and of images, where they have one."""

    def interval(self, name: str) -> Interval | None:
        """The interval of a measure; None where it has no value or images are too few."""
        if name not in self.values:
            return None
        return _interval(self.values[name], self.images[name])

    def lead(self, other: "Resampled", name: str) -> Interval | None:
        """The interval of how far this method is ahead of another on the same images."""
        if name not in self.values or name not in other.values:
            return None
        return _interval(self.values[name] - other.values[name], self.images[name])


def resample(
    pixels: Tally,
    images: Tally,
    labels: Sequence[bool | None],
    metrics: Metrics,
    protocol: Protocol,
    drawn: NDArray[np.float64] | None = None,
) -> Resampled:
    """Compute all metrics on every draw: those of `draw`, unless `drawn` (m, n) is given.

    Classes of pixels change a metric a little; the values are shifted by what they move it on the
    images as they are.
    """
    whole = np.ones((1, len(labels)))
    draws = np.concatenate([whole, draw(labels) if drawn is None else drawn])
    rankings_of: dict[Level, list[PixelRanking]] = {
        "pixel": pixels.rankings(draws),
        "image": images.rankings(draws),
    }
    pairs = zip(rankings_of["pixel"], rankings_of["image"], strict=True)
    rankings = [Rankings(*pair) for pair in pairs]
    known: dict[Level, int] = {
        "pixel": int(np.count_nonzero(pixels.defective[:, -1] + pixels.normal[:, -1])),
        "image": sum(label is not None for label in labels),
    }
    values, counts = {}, {}
    for measure in measures(protocol):
        exact = metrics.values[measure.name]
        if exact is not None:
            found = np.array([_value(measure, ranking) for ranking in rankings])
            values[measure.name] = np.clip(found[1:] - found[0] + exact, 0.0, 1.0)
            counts[measure.name] = known[measure.level]
    bands = {
        level: _roc_band(rankings_of[level][1:])
        for level in known
        if f"{level}_auroc" in values and known[level] >= FEWEST_IMAGES
    }
    return Resampled(values, counts, bands)


def _roc_band(rankings: Sequence[Ranking]) -> Band:
    """Draws keep both classes where the images have both, so every draw has a curve."""
    x = np.linspace(0, 1, 201)
    curves = [roc_curve(ranking) for ranking in rankings]
    heights = np.array([np.interp(x, curve.x, curve.y) for curve in curves])
    low, high = np.percentile(heights, [2.5, 97.5], axis=0)
    return Band(x, low, high)


def _value(measure: Measure, rankings: Rankings) -> float:
    try:
        return measure.compute(rankings)
    except Undefined:
        return float("nan")


def _interval(values: NDArray[np.float64], images: int) -> Interval | None:
    if images < FEWEST_IMAGES:
        return None
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return Interval(float(low), float(high), images)
