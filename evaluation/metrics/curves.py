"""Curves and areas from raw scores, exact, with ties.

Metrics that depend only on the order of scores need only this: at each score of a
defective item, how many defective and how many normal items lie at or above it. Normal items in
between move a curve along a straight line and need no point of their own, so 28 million pixels
with one per cent defective shrink to a third of a million points without loss.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from images.errors import AnomalyError

Scores = NDArray[np.float32]
Counts = NDArray[np.int64]

BLOCK = 2**22
"""Scores that are sorted at one time: large enough that sorting is most of the work."""


class Undefined(AnomalyError):
    """A metric has no value here; the text is the reason, a few words for a person."""


@dataclass(frozen=True)
class Ranking:
    """Defective and normal items in the order of their scores; an item is an image or a pixel.

    All arrays have one entry for every distinct score of a defective item, highest first.
    """

    thresholds: Scores
    true_positives: Counts
    """Defective items at or above each threshold."""
    false_positives: Counts
    """Normal items at or above each threshold."""
    false_positives_above: Counts
    """Normal items above each threshold; fewer than `false_positives` where scores tie."""
    positives: int
    """All defective items."""
    negatives: int
    """All normal items."""
    item: str
    """What an item is called in a sentence."""

    def need_both(self) -> None:
        """Raise `Undefined` unless there are defective items and normal ones."""
        if not self.positives and not self.negatives:
            raise Undefined(f"no {self.item} with known ground truth")
        if not self.positives:
            raise Undefined(f"no defective {self.item}")
        if not self.negatives:
            raise Undefined(f"no normal {self.item}")


@dataclass(frozen=True)
class Curve:
    """A line through operating points, from the highest threshold to the lowest."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    thresholds: Scores
    """Where each point lies: items at or above count as anomalous; +inf at the start of a curve."""

    def area(self) -> float:
        """The area under the line, by trapezoids."""
        return float(np.trapezoid(self.y, self.x))


def rank(scores: Scores, defective: NDArray[np.bool_]) -> Ranking:
    """The ranking of images by their scores (n,), whose truth (n,) is known. Costs two sorts."""
    thresholds, counts = distinct(scores[defective])
    at_or_above, above, negatives = count_normal(thresholds, [scores[~defective]])
    return Ranking(
        thresholds,
        np.cumsum(counts),
        at_or_above,
        above,
        int(counts.sum()),
        negatives,
        "test image",
    )


def distinct(scores: Scores) -> tuple[Scores, Counts]:
    """The different values among scores, highest first, and how often each occurs."""
    values, counts = np.unique(scores, return_counts=True)
    return values[::-1].astype(np.float32), counts[::-1].astype(np.int64)


def count_normal(thresholds: Scores, normal: Iterable[Scores]) -> tuple[Counts, Counts, int]:
    """How many normal scores are at or above, and how many above, each falling threshold.

    The scores come in batches and are sorted in blocks no smaller than the thresholds are many, so
    the cost is that of sorting them and memory holds one block. The third value is their number.
    """
    rising = thresholds[::-1]
    at_or_above = np.zeros(len(rising), dtype=np.int64)
    above = np.zeros(len(rising), dtype=np.int64)
    total = 0
    for block in _blocks(normal, max(BLOCK, len(rising))):
        block.sort()
        total += len(block)
        at_or_above += len(block) - np.searchsorted(block, rising, side="left")
        above += len(block) - np.searchsorted(block, rising, side="right")
    return at_or_above[::-1], above[::-1], total


def _blocks(batches: Iterable[Scores], size: int) -> Iterator[Scores]:
    """The same scores in blocks of at least `size`, the last one excepted; each may be changed."""
    waiting: list[Scores] = []
    count = 0
    for batch in batches:
        waiting.append(batch)
        count += len(batch)
        if count >= size:
            yield np.concatenate(waiting)
            waiting, count = [], 0
    if count:
        yield np.concatenate(waiting)


def auroc(ranking: Ranking) -> float:
    """The probability that a defective item scores above a normal one; a tie counts half.

    The Mann-Whitney statistic, summed in whole numbers. Raises `Undefined` with one class only.
    """
    ranking.need_both()
    steps = np.diff(ranking.true_positives, prepend=0)
    below = ranking.negatives - ranking.false_positives
    at_or_below = ranking.negatives - ranking.false_positives_above
    twice = int(np.sum(steps * (below + at_or_below)))
    return twice / (2 * ranking.positives * ranking.negatives)


def roc_curve(ranking: Ranking) -> Curve:
    """True positive rate over false positive rate, from (0, 0) to (1, 1).

    Raises `Undefined` with one class only.
    """
    ranking.need_both()
    return staircase(ranking, ranking.true_positives / ranking.positives)


def staircase(ranking: Ranking, heights: NDArray[np.float64]) -> Curve:
    """A rate of the defective items over the false positive rate, from (0, 0) to (1, 1).

    `heights` is the rate at each threshold of the ranking. Normal items that score between two
    defective ones make a level step; those that tie with a defective one make a slope.
    """
    count = len(heights)
    x, y = np.empty(2 * count + 2), np.empty(2 * count + 2)
    thresholds = np.empty(2 * count + 2, dtype=np.float32)
    x[0], y[0], thresholds[0] = 0.0, 0.0, np.inf
    x[1:-1:2], x[2:-1:2] = ranking.false_positives_above, ranking.false_positives
    x[1:-1] /= ranking.negatives
    y[1:-1:2], y[2:-1:2] = np.concatenate([[0.0], heights[:-1]]), heights
    thresholds[1:-1:2] = np.nextafter(ranking.thresholds, np.float32(np.inf))
    thresholds[2:-1:2] = ranking.thresholds
    x[-1], y[-1], thresholds[-1] = 1.0, 1.0, -np.inf
    moved = np.concatenate([[True], (np.diff(x) > 0) | (np.diff(y) > 0)])
    return Curve(x[moved], y[moved], thresholds[moved])


def precision_recall_curve(ranking: Ranking) -> Curve:
    """Precision over recall at every threshold that adds a defective item.

    Read it as steps: a precision holds from the recall before it to its own. Raises `Undefined`
    with one class only.
    """
    ranking.need_both()
    recall = ranking.true_positives / ranking.positives
    return Curve(recall, _precision(ranking), ranking.thresholds)


def average_precision(ranking: Ranking) -> float:
    """The mean precision over recall, by steps: sum of (R_n - R_n-1) P_n, nothing interpolated.

    Raises `Undefined` with one class only.
    """
    ranking.need_both()
    won = np.diff(ranking.true_positives, prepend=0)
    return float(won @ _precision(ranking)) / ranking.positives


def best_f1(ranking: Ranking) -> tuple[float, float]:
    """The highest F1 that any threshold reaches on these items, and that threshold.

    A threshold tuned on the items that it is evaluated on is too optimistic. Raises `Undefined`
    with one class only.
    """
    ranking.need_both()
    found, called = ranking.true_positives, ranking.true_positives + ranking.false_positives
    f1 = 2 * found / (called + ranking.positives)
    best = int(f1.argmax())
    return float(f1[best]), float(ranking.thresholds[best])


def true_positive_rate_at(ranking: Ranking, false_positive_rate: float) -> float:
    """The highest true positive rate of a threshold that keeps to a false positive rate.

    Raises `Undefined` with one class only.
    """
    ranking.need_both()
    allowed = ranking.false_positives / ranking.negatives <= false_positive_rate
    return int(ranking.true_positives[allowed].max(initial=0)) / ranking.positives


def nearest_to_corner(ranking: Ranking) -> float:
    """The threshold whose point on the ROC curve is nearest to (0, 1).

    Raises `Undefined` with one class only.
    """
    ranking.need_both()
    false_alarms = ranking.false_positives / ranking.negatives
    missed = 1 - ranking.true_positives / ranking.positives
    return float(ranking.thresholds[np.hypot(false_alarms, missed).argmin()])


def _precision(ranking: Ranking) -> NDArray[np.float64]:
    called = ranking.true_positives + ranking.false_positives
    return ranking.true_positives / np.maximum(called, 1)


def thin(curve: Curve, points: int = 2000) -> Curve:
    """At most `points` points of a curve, enough to draw it, that keep its area to 1e-6.

    A long curve is first thinned evenly along its line. Then corners are dropped in rounds, those
    first that cut off or add the least area, and such that what is cut off and added cancels.
    """
    if len(curve.x) <= points:
        return curve
    kept = np.arange(len(curve.x))
    if len(kept) > 16 * points:
        along = np.cumsum(np.hypot(np.diff(curve.x, prepend=0), np.diff(curve.y, prepend=0)))
        places = np.linspace(along[0], along[-1], 16 * points)
        kept = np.unique(np.searchsorted(along, places).clip(0, len(along) - 1))
    balance = float(np.trapezoid(curve.y[kept], curve.x[kept])) - curve.area()
    rng = np.random.default_rng(0)
    while len(kept) > points:
        corners, balance = _corners_to_drop(
            curve.x[kept], curve.y[kept], len(kept) - points, balance, rng
        )
        kept = np.delete(kept, corners)
    return Curve(curve.x[kept], curve.y[kept], curve.thresholds[kept])


def _corners_to_drop(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    count: int,
    balance: float,
    rng: np.random.Generator,
) -> tuple[list[int], float]:
    """At most `count` points of a line to drop, no two side by side, and the new balance.

    Half of the candidates go, so that there is a choice between those that add area and those that
    cut it off. `balance` is the area that earlier rounds have added. Candidates are drawn at
    random, since any fixed pattern would take the inner corners of a staircase and leave the outer
    ones. Dropping a point adds the triangle that it makes with its neighbours.
    """
    across = (x[1:-1] - x[:-2]) * (y[2:] - y[:-2]) - (x[2:] - x[:-2]) * (y[1:-1] - y[:-2])
    added = across / 2
    lots = np.pad(rng.random(len(added)), 1, constant_values=2.0)
    drawn = np.flatnonzero((lots[1:-1] < lots[:-2]) & (lots[1:-1] < lots[2:]))
    falling = drawn[np.argsort(-np.abs(added[drawn]))].tolist()
    gains = [corner for corner in falling if added[corner] > 0]
    losses = [corner for corner in falling if added[corner] <= 0]
    chosen: list[int] = []
    while len(chosen) < min(count, -(-len(falling) // 2)):
        corner = gains.pop() if gains and (balance <= 0 or not losses) else losses.pop()
        balance += float(added[corner])
        chosen.append(corner + 1)
    return chosen, balance
