"""Pixel rankings and PRO: cases worked out by hand and an independent exact implementation."""

from collections import deque
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from evaluation.metrics.curves import Curve, Undefined, auroc, average_precision
from evaluation.metrics.regions import area_up_to, aupro, pro_curve, rank_pixels
from evaluation.metrics.truth import ScoreError, Truth

F = np.float32


def truth(mask, name="a.png", counted=None):
    return Truth(
        name,
        None if mask is None else np.array(mask, dtype=bool),
        None,
        None if counted is None else np.array(counted, dtype=bool),
    )


def image(rows):
    return np.array(rows, dtype=F)


# One region of two pixels (9 and 4), one of one pixel (6); normal pixels 7, 5, 3, 2, 1.
# At  9: regions 1/2 and 0   -> PRO 1/4, no false alarm
#     6: regions 1/2 and 1   -> PRO 3/4, FPR 1/5 (the 7)
#     4: regions 1 and 1     -> PRO 1,   FPR 2/5 (7 and 5)
SCORES = image([[9, 7, 5, 6], [4, 3, 2, 1]])
MASK = [[1, 0, 0, 1], [1, 0, 0, 0]]


def test_pro_by_hand():
    curve = pro_curve(rank_pixels([SCORES], [truth(MASK)]))
    assert curve.x.tolist() == [0, 0, 0.2, 0.2, 0.4, 0.4, 1]
    assert curve.y.tolist() == [0, 0.25, 0.25, 0.75, 0.75, 1, 1]


def test_aupro_by_hand():
    ranking = rank_pixels([SCORES], [truth(MASK)])
    # To 0.3: 0.2 x 1/4 + 0.1 x 3/4 = 0.125, divided by 0.3.
    assert aupro(ranking, 0.3) == pytest.approx(0.125 / 0.3)
    # To 1: 0.2 x 1/4 + 0.2 x 3/4 + 0.6 x 1.
    assert aupro(ranking, 1.0) == pytest.approx(0.8)


def test_the_end_point_is_interpolated():
    # From (0, 0) to (0.5, 1): at 0.3 the height is 0.6, and the area 0.3 x 0.6 / 2.
    line = Curve(np.array([0, 0.5, 1]), np.array([0, 1.0, 1]), np.zeros(3, dtype=F))
    assert area_up_to(line, 0.3) == pytest.approx(0.09 / 0.3)


def test_peaks_are_the_highest_score_of_each_region():
    assert sorted(rank_pixels([SCORES], [truth(MASK)]).peaks.tolist()) == [6, 9]


def test_regions_touch_at_corners_and_not_across_images():
    diagonal = rank_pixels([image([[1, 2], [3, 4]])], [truth([[1, 0], [0, 1]])])
    assert diagonal.peaks.tolist() == [4]
    apart = rank_pixels([image([[1, 2]]), image([[3, 4]])], [truth([[0, 1]]), truth([[1, 0]])])
    assert sorted(apart.peaks.tolist()) == [2, 3]


def test_pixels_that_do_not_count_are_left_out():
    counted = [[1, 1, 1, 0], [1, 0, 1, 1]]
    ranking = rank_pixels([SCORES], [truth(MASK, counted=counted)])
    # Left are one region (9, 4) and the normal 7, 5, 2, 1.
    assert (ranking.positives, ranking.negatives) == (2, 4)
    assert auroc(ranking) == (4 + 2) / (2 * 4)


def test_images_without_a_mask_are_left_out():
    ranking = rank_pixels([image([[99, 0]]), SCORES], [truth(None), truth(MASK)])
    assert (ranking.positives, ranking.negatives) == (3, 5)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("mask", [[[0, 0]], [[0, 1]], [[1, 1]]])
def test_scores_that_are_no_numbers_are_refused_by_name(bad, mask):
    with pytest.raises(ScoreError, match="night shift 7"):
        rank_pixels([image([[1, bad]])], [truth(mask, "night shift 7.png")])


def test_a_map_of_another_size_is_refused_by_name():
    with pytest.raises(ScoreError, match=r"a\.png is 2 x 1 pixels and a mask of it 4 x 2"):
        rank_pixels([image([[1, 2]])], [truth(MASK)])


def test_nothing_counted_is_refused_by_name():
    with pytest.raises(ScoreError, match=r"a\.png has no pixels in the region of interest"):
        rank_pixels([image([[1, 2]])], [truth([[0, 1]], counted=[[0, 0]])])


@pytest.mark.parametrize(
    ("mask", "reason"),
    [
        ([[0, 0]], "no defective pixel"),
        ([[1, 1]], "no normal pixel"),
        (None, "no pixel with known ground truth"),
    ],
)
def test_one_class_has_no_figure(mask, reason):
    ranking = rank_pixels([image([[1, 2]])], [truth(mask)])
    for figure in (auroc, average_precision, pro_curve, lambda r: aupro(r, 0.3)):
        with pytest.raises(Undefined, match=reason):
            figure(ranking)


def flood(mask):
    """Numbers of 8-connected regions, by a walk from each pixel."""
    numbers = np.zeros(mask.shape, dtype=int)
    count = 0
    for start in zip(*np.nonzero(mask), strict=True):
        if numbers[start]:
            continue
        count += 1
        numbers[start] = count
        waiting = deque([start])
        while waiting:
            row, col = waiting.popleft()
            for near in [(row + i, col + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]:
                inside = 0 <= near[0] < mask.shape[0] and 0 <= near[1] < mask.shape[1]
                if inside and mask[near] and not numbers[near]:
                    numbers[near] = count
                    waiting.append(near)
    return numbers, count


def plain_aupro(maps, masks, limit):
    """MVTec's definition, threshold by threshold."""
    normal = np.concatenate([scores[~mask] for scores, mask in zip(maps, masks, strict=True)])
    regions = []
    for scores, mask in zip(maps, masks, strict=True):
        numbers, count = flood(mask)
        regions += [scores[numbers == number + 1] for number in range(count)]
    points = [(0.0, 0.0)]
    for threshold in sorted({float(value) for scores in maps for value in scores.flat})[::-1]:
        overlap = np.mean([np.mean(region >= threshold) for region in regions])
        points.append((float(np.mean(normal >= threshold)), float(overlap)))
    area = 0.0
    for (x0, y0), (x1, y1) in pairwise(points):
        end = min(x1, limit)
        if end > x0:
            height = y0 + (y1 - y0) * (end - x0) / (x1 - x0)
            area += (end - x0) * (y0 + height) / 2
    return area / limit


@settings(deadline=None, max_examples=60)
@given(
    st.integers(0, 2**32),
    st.integers(1, 4),
    st.integers(1, 14),
    st.integers(2, 14),
    st.sampled_from([0.02, 0.2, 0.6]),
    st.sampled_from([3, 1000]),
)
def test_agrees_with_a_plain_implementation(seed, count, height, width, share, levels):
    rng = np.random.default_rng(seed)
    maps = [rng.integers(-levels, levels, (height, width)).astype(F) for _ in range(count)]
    masks = [rng.random((height, width)) < share for _ in range(count)]
    masks[0][0, 0], masks[0][-1, -1] = True, False  # touches the border; both classes are there
    ranking = rank_pixels(maps, [truth(mask) for mask in masks])
    for limit in (0.05, 0.3, 1.0):
        assert aupro(ranking, limit) == pytest.approx(plain_aupro(maps, masks, limit), abs=1e-9)
    labels = np.concatenate([mask.ravel() for mask in masks])
    scores = np.concatenate([one.ravel() for one in maps])
    assert auroc(ranking) == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)
    assert len(ranking.peaks) == sum(flood(mask)[1] for mask in masks)
