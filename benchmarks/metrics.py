"""Speed and exactness of the figures: `python -m benchmarks.metrics`.

Synthetic score maps of the size of NanoTWICE's 40 images (28.5 million pixels, 1.2 % of them
defective) are judged here, by scikit-learn and by a plain PRO curve over all pixels, in one run.
Ends with one line of JSON.
"""

import json
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from evaluation.comparison.costs import peak_memory
from evaluation.metrics.curves import Curve, auroc, average_precision, roc_curve, thin
from evaluation.metrics.regions import EIGHT_CONNECTED, area_up_to, aupro, rank_pixels
from evaluation.metrics.truth import Truth
from images.colour import Mask
from methods.patches.grid import ScoreMap

IMAGES, HEIGHT, WIDTH = 40, 696, 1024
DEFECTIVE = 0.012
LIMIT = 0.3

T = TypeVar("T")


def synthetic_maps(seed: int = 0) -> tuple[list[ScoreMap], list[Truth]]:
    """Smooth noise, raised on discs of different sizes that are the defects."""
    rng = np.random.default_rng(seed)
    maps, truths = [], []
    for index in range(IMAGES):
        mask = _discs(rng)
        scores = ndimage.gaussian_filter(rng.standard_normal(mask.shape, dtype=np.float32), 2.0)
        scores += np.float32(0.3) * mask
        maps.append(scores)
        truths.append(Truth(f"{index:02d}", mask, True))
    return maps, truths


def _discs(rng: np.random.Generator) -> Mask:
    mask = np.zeros((HEIGHT, WIDTH), dtype=bool)
    rows, columns = np.ogrid[:HEIGHT, :WIDTH]
    while mask.mean() < DEFECTIVE:
        row, column = rng.integers(0, HEIGHT), rng.integers(0, WIDTH)
        mask |= np.hypot(rows - row, columns - column) < rng.uniform(1, 25)
    return mask


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """What some work gives, and the seconds that it took."""
    begin = time.perf_counter()
    return work(), time.perf_counter() - begin


def plain_aupro(labels: NDArray[np.bool_], scores: ScoreMap, shares: NDArray[np.float64]) -> float:
    """AUPRO by a full sort of all pixels; `shares` is what each pixel adds to the overlap."""
    order = np.argsort(-scores)
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
    false_alarms = np.cumsum(~labels[order])[last] / np.count_nonzero(~labels)
    overlaps = np.cumsum(shares[order])[last]
    return area_up_to(Curve(np.append(0, false_alarms), np.append(0, overlaps), scores[:0]), LIMIT)


def _shares(truths: list[Truth]) -> NDArray[np.float64]:
    parts, count = [], 0
    for truth in truths:
        assert truth.mask is not None
        regions, found = ndimage.label(truth.mask, structure=EIGHT_CONNECTED)
        sizes = np.bincount(regions.ravel(), minlength=found + 1).astype(np.float64)
        sizes[0] = np.inf
        parts.append((1 / sizes)[regions].ravel())
        count += found
    return np.concatenate(parts) / count


def main() -> None:
    """Print the figures, ending with one line of JSON."""
    from sklearn.metrics import average_precision_score, roc_auc_score

    with peak_memory() as memory:
        maps, truths = synthetic_maps()
        ranking, rank_seconds = timed(lambda: rank_pixels(maps, truths))
        area, area_seconds = timed(lambda: auroc(ranking))
        overlap, overlap_seconds = timed(lambda: aupro(ranking, LIMIT))
        drawn, thin_seconds = timed(lambda: thin(roc_curve(ranking)))
    own_mb = sum(one.nbytes for one in maps) / 2**20
    labels = np.concatenate([truth.mask.ravel() for truth in truths if truth.mask is not None])
    scores = np.concatenate([one.ravel() for one in maps])
    reference, reference_seconds = timed(lambda: float(roc_auc_score(labels, scores)))
    precision, precision_seconds = timed(lambda: float(average_precision_score(labels, scores)))
    plain, plain_seconds = timed(lambda: plain_aupro(labels, scores, _shares(truths)))
    ours = rank_seconds + area_seconds
    print(f"{len(scores):,} pixels, {labels.mean():.2%} defective, {len(ranking.peaks)} regions")
    print(f"AUROC              {area:.9f}  {ours:6.2f} s")
    print(f"  scikit-learn     {reference:.9f}  {reference_seconds:6.2f} s")
    print(f"average precision  {average_precision(ranking):.9f}  from the same ranking")
    print(f"  scikit-learn     {precision:.9f}  {precision_seconds:6.2f} s")
    print(f"AUPRO to {LIMIT}       {overlap:.9f}  {rank_seconds + overlap_seconds:6.2f} s")
    print(f"  plain, full sort {plain:.9f}  {plain_seconds:6.2f} s")
    print(
        f"ROC curve in {len(drawn.x)} points, area {drawn.area() - area:+.1e}, {thin_seconds:.2f} s"
    )
    print(f"memory {memory.rise_mb:.0f} MB, maps {own_mb:.0f} MB")
    print(
        json.dumps(
            {
                "auroc_vs_sklearn": reference_seconds / ours,
                "auroc_difference": abs(area - reference),
                "aupro_seconds": rank_seconds + overlap_seconds,
                "aupro_difference": abs(overlap - plain),
                "peak_over_maps": memory.rise_mb / own_mb,
            }
        )
    )


if __name__ == "__main__":
    main()
