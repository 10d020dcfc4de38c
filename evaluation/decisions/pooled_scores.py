"""The scores of many items as one distribution: where thresholds and display scales come from.

Mostly those of normal images that no fit has seen.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from evaluation.metrics.curves import Scores, Undefined
from evaluation.metrics.truth import Truth, check_scores
from methods.patches.grid import ScoreMap

RESAMPLES = 1000


@dataclass(frozen=True)
class PooledScores:
    """Scores of items, image by image; read from the maps whenever they are asked for."""

    batches: Callable[[], Iterator[Scores]]
    """The scores (n,) of one image after another; of whole images, one score each."""
    item: str
    """``"pixel"`` or ``"image"``."""
    which: str = "held-out normal"
    """Which items they are, for the reason why there is no threshold."""

    @classmethod
    def of_pixels(
        cls, maps: Sequence[ScoreMap], truths: Sequence[Truth], which: str = "held-out normal"
    ) -> "PooledScores":
        """The scores of all pixels in the region of interest."""

        def batches() -> Iterator[Scores]:
            for index, truth in enumerate(truths):
                scores = maps[index]
                check_scores(scores, truth)
                yield truth.of_counted(scores)

        return cls(batches, "pixel", which)

    @classmethod
    def of_images(cls, scores: Scores, which: str = "held-out normal") -> "PooledScores":
        """One score for every image."""
        return cls(lambda: iter(scores[:, None]), "image", which)

    @cached_property
    def _classes(self) -> NDArray[np.int64]:
        """How many scores fall into each of 65,536 classes, by the upper half of their bits."""
        counts = np.zeros(2**16, dtype=np.int64)
        for batch in self.batches():
            counts += np.bincount(_ordered_bits(batch) >> 16, minlength=2**16)
        return counts

    @property
    def count(self) -> int:
        """How many items there are."""
        return int(self._classes.sum())

    def descending(self, rank: int) -> float:
        """The score that has `rank` items before it when the highest comes first.

        Exact, in memory of one image and one class: a first pass finds the class that holds it,
        a second one picks it there. Raises `Undefined` when there are not so many.
        """
        if rank >= self.count:
            raise Undefined(f"no {self.which} {self.item}")
        from_top = np.cumsum(self._classes[::-1])
        place = int(np.searchsorted(from_top, rank, side="right"))
        wanted = 2**16 - 1 - place
        inside = np.concatenate(
            [batch[_ordered_bits(batch) >> 16 == wanted] for batch in self.batches()]
        )
        before = int(from_top[place - 1]) if place else 0
        at = len(inside) - 1 - (rank - before)
        return float(np.partition(inside, at)[at])

    def threshold_for(self, false_positive_rate: float) -> float:
        """The lowest threshold that at most this share of the scores reach."""
        if not self.count:
            raise Undefined(f"no {self.which} {self.item}")
        # With the product of 0.29 and 100 rounded down, 28 of 100 would be the most.
        return self.threshold_with(int(false_positive_rate * self.count * (1 + 1e-12)))

    def threshold_with(self, allowed: int) -> float:
        """The lowest threshold that at most so many scores reach."""
        return above(self.descending(allowed)) if allowed < self.count else self.minimum()

    @property
    def smallest_rate(self) -> float:
        """See the function `smallest_rate`."""
        return smallest_rate(self.count)

    def median(self) -> float:
        """The middle score, the higher one of two."""
        return self.descending(max(0, self.count - 1) // 2)

    def upper_quartile(self) -> float:
        """The score that a quarter of all lie above, the higher one of two."""
        return self.descending(max(0, self.count - 1) // 4)

    def maximum(self) -> float:
        """The highest score."""
        return self.descending(0)

    def minimum(self) -> float:
        """The lowest score."""
        return self.descending(max(0, self.count - 1))

    def mean_and_deviation(self) -> tuple[float, float]:
        """Mean and standard deviation."""
        centre, total, squares = 0.0, 0.0, 0.0
        for index, batch in enumerate(self.batches()):
            centre = centre if index else float(batch[0])
            offsets = batch.astype(np.float64) - centre
            total += float(offsets.sum())
            squares += float(offsets @ offsets)
        if not self.count:
            raise Undefined(f"no {self.which} {self.item}")
        mean = total / self.count
        return centre + mean, float(np.sqrt(max(squares / self.count - mean**2, 0.0)))

    def bootstrap_threshold(self, false_positive_rate: float, confidence: float = 0.95) -> float:
        """The lowest threshold that keeps to a rate in `confidence` of the bootstrap samples of
        images.

        Images are drawn with replacement, since pixels of one image go together; 1,000 draws. The
        threshold is one of 512 candidates among the higher scores. Reads the maps twice.
        """
        candidates = self._candidates(false_positive_rate)
        reached, sizes = [], []
        for batch in self.batches():
            reached.append(len(batch) - np.searchsorted(np.sort(batch), candidates))
            sizes.append(len(batch))
        drawn = np.random.default_rng(0).multinomial(
            len(sizes), np.full(len(sizes), 1 / len(sizes)), size=RESAMPLES
        )
        rates = drawn @ np.array(reached) / (drawn @ np.array(sizes))[:, None]
        kept = (rates <= false_positive_rate).mean(axis=0) >= confidence
        return float(candidates[kept].min())

    def _candidates(self, false_positive_rate: float) -> Scores:
        """Rising thresholds around the target rate, the one that no score reaches included."""
        found = [np.empty(0, dtype=np.float32)]
        for batch in self.batches():
            deepest = max(1.0, min(1.0, 32 * false_positive_rate) * len(batch))
            places = np.unique(np.geomspace(1, deepest, 64).astype(np.int64)) - 1
            found.append(np.sort(batch)[::-1][places])
        scores = np.unique(np.concatenate(found))
        if not len(scores):
            raise Undefined(f"no {self.which} {self.item}")
        thresholds = np.nextafter(scores, np.float32(np.inf))
        chosen = np.linspace(0, len(thresholds) - 1, min(512, len(thresholds))).astype(np.int64)
        return thresholds[chosen]


def smallest_rate(count: int) -> float:
    """The smallest false positive rate that so many items can support: 1 / (count + 1).

    With that probability another item like them scores above all of them.
    """
    return 1 / (count + 1)


def above(score: float) -> float:
    """The next higher score: the lowest threshold that `score` does not reach."""
    return float(np.nextafter(np.float32(score), np.float32(np.inf)))


def _ordered_bits(scores: Scores) -> NDArray[np.uint32]:
    """Whole numbers in the order of the scores, one for each score that differs."""
    bits = np.ascontiguousarray(scores, dtype=np.float32).view(np.uint32)
    return np.where(bits >> 31, ~bits, bits | np.uint32(2**31))
