"""Metrics over defective pixels and regions: the pixel ranking, PRO and its area.

The per-region overlap (PRO) of a threshold is the share of a defect region's pixels at or above
it, averaged over regions so that a small defect weighs as much as a large one; Bergmann et al.,
The MVTec Anomaly Detection Dataset, IJCV 2021, section 4. Regions are 8-connected.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from evaluation.metrics.curves import Curve, Ranking, Scores, count_normal, distinct, staircase
from evaluation.metrics.truth import Truth, check_scores
from methods.patches.grid import ScoreMap

EIGHT_CONNECTED = np.ones((3, 3), dtype=bool)


@dataclass(frozen=True)
class PixelRanking(Ranking):
    """The ranking of all pixels of all test images with known ground truth, pooled."""

    overlaps: NDArray[np.float64]
    """Mean share of a region's pixels at or above each threshold."""
    peaks: Scores
    """The highest score in every defect region."""


def rank_pixels(maps: Sequence[ScoreMap], truths: Sequence[Truth]) -> PixelRanking:
    """Rank the pixels in the region of interest of all images whose mask is known.

    Reads each map twice: once for the scores of defective pixels, once to count normal ones
    against them. Costs about a sort of all pixels; memory holds the defective pixels and one block
    of 4 million. Raises `ScoreError` when a map holds NaN or infinity.
    """
    defective = _all_defective_pixels(maps, truths)
    thresholds, counts = distinct(defective.scores)
    at_or_above, above, negatives = count_normal(thresholds, _normal_pixels(maps, truths))
    order = np.argsort(-defective.scores, kind="stable")
    summed = np.cumsum(defective.weights[order])
    ends = np.cumsum(counts)
    return PixelRanking(
        thresholds=thresholds,
        true_positives=ends,
        false_positives=at_or_above,
        false_positives_above=above,
        positives=len(defective.scores),
        negatives=negatives,
        item="pixel",
        overlaps=summed[ends - 1] / max(1, len(defective.peaks)),
        peaks=defective.peaks,
    )


@dataclass(frozen=True)
class DefectivePixels:
    """The defective pixels of one or more images."""

    scores: Scores
    """(n,)"""
    weights: NDArray[np.float64]
    """(n,): 1 / size of the defect region that a pixel belongs to."""
    peaks: Scores
    """The highest score in every defect region."""


def defective_pixels(scores: ScoreMap, truth: Truth) -> DefectivePixels:
    """The defective pixels in the region of interest of one image whose mask is known."""
    assert truth.mask is not None
    defective = truth.mask if truth.counted is None else truth.mask & truth.counted
    regions, count = ndimage.label(defective, structure=EIGHT_CONNECTED)
    numbers = regions[defective] - 1
    inside = scores[defective]
    peaks = np.full(count, -np.inf, dtype=np.float32)
    np.maximum.at(peaks, numbers, inside)
    return DefectivePixels(inside, 1 / np.bincount(numbers, minlength=count)[numbers], peaks)


def _all_defective_pixels(maps: Sequence[ScoreMap], truths: Sequence[Truth]) -> DefectivePixels:
    nothing = np.empty(0, dtype=np.float32)
    found = [DefectivePixels(nothing, np.empty(0), nothing)]
    for index, truth in enumerate(truths):
        if truth.mask is not None and truth.mask.any():
            scores = maps[index]
            check_scores(scores, truth)
            found.append(defective_pixels(scores, truth))
    return DefectivePixels(
        np.concatenate([pixels.scores for pixels in found]),
        np.concatenate([pixels.weights for pixels in found]),
        np.concatenate([pixels.peaks for pixels in found]),
    )


def _normal_pixels(maps: Sequence[ScoreMap], truths: Sequence[Truth]) -> Iterator[Scores]:
    for index, truth in enumerate(truths):
        if truth.mask is None:
            continue
        scores = maps[index]
        check_scores(scores, truth)
        yield scores[~truth.mask if truth.counted is None else truth.counted & ~truth.mask]


def pro_curve(ranking: PixelRanking) -> Curve:
    """Mean overlap with a defect region over the false positive rate of pixels.

    Raises `Undefined` without defective pixels or without normal ones.
    """
    ranking.need_both()
    return staircase(ranking, ranking.overlaps)


def aupro(ranking: PixelRanking, limit: float) -> float:
    """The area under the PRO curve up to a false positive rate, divided by that rate.

    The end point is interpolated, as in MVTec's own evaluation.
    """
    return area_up_to(pro_curve(ranking), limit)


def area_up_to(curve: Curve, limit: float) -> float:
    """The area under a curve from 0 to `limit`, interpolated there, divided by `limit`."""
    inside = curve.x <= limit
    end = float(np.interp(limit, curve.x, curve.y))
    x, y = np.append(curve.x[inside], limit), np.append(curve.y[inside], end)
    return float(np.trapezoid(y, x)) / limit
