"""Run the folds of one method: scores of normal images that no fit has seen, and a self-test."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import fmean

import numpy as np

from evaluation.comparison.fold_fits import fitted
from evaluation.comparison.folds import FEWEST_FOLDS, CrossFit, Scored
from evaluation.metrics.curves import auroc, rank
from images.colour import Image
from images.dataset import Picture
from images.painting.drawn import painted_defect
from images.samples.defects import DEFECTS
from methods.detector import Detector, ImageJudgement
from methods.patches.grid import ScoreMap
from methods.progress import Progress, no_progress, span

SMALLEST_TESTED = 48
"""Shorter side in pixels of the images on which defects are painted."""


Keep = Callable[[int, ScoreMap, ImageJudgement | None], None]
"""Takes the map of a normal image by its place, and what is made of it as a whole."""


@dataclass
class SelfTest:
    """How well a method finds defects painted on normal images that it was not trained on."""

    areas: dict[str, float] = field(default_factory=dict)
    """Pixel AUROC by kind of painted defect: scratch, blob, hole, stain, foreign texture."""

    @property
    def mean(self) -> float | None:
        """Mean over the kinds; None when images are too small to paint on."""
        return fmean(self.areas.values()) if self.areas else None


def affordable_folds(plan: CrossFit, fit_seconds: float, budget: float) -> int:
    """As many folds as fits of that length fit into the budget, two at the least."""
    affordable = int(budget / max(fit_seconds, 1e-3))
    return max(min(FEWEST_FOLDS, plan.most_folds), min(plan.most_folds, affordable))


def cross_fit(
    new_detector: Callable[[], Detector],
    plan: CrossFit,
    count: int,
    keep: Keep,
    progress: Progress = no_progress,
) -> SelfTest:
    """Fit a detector for each fold; `keep` takes the map of each calibrated image by its place.

    A map comes from the one fold that holds its image out; where parts are held out it is put
    together from all folds. Defects are painted on some images and scored by the fold that holds
    them out. Cost: `count` fits, and a map for each image (for each fold where parts are held
    out) and each kind of defect. Memory holds one map, all of them only where parts are held out:
    at most two images then, or images that share pixels.
    """
    self_test = SelfTest()
    unfinished: dict[int, ScoreMap] = {}
    folds = plan.folds(count)
    for fold, (detector, report) in zip(folds, fitted(new_detector, folds, progress), strict=True):
        for at, scored in enumerate(fold.scored):
            share = span(report, at / len(fold.scored), (at + 1) / len(fold.scored))
            scores, judgement = _score_and_test(self_test, detector, plan.calibrated, scored, share)
            if scored.part is None:
                keep(scored.place, scores, judgement)
            else:
                whole = unfinished.setdefault(scored.place, np.empty_like(scores))
                scored.part.of(whole)[:] = scored.part.of(scores)
    for place, scores in unfinished.items():
        keep(place, scores, None)
    progress(1.0)
    return self_test


def score_unseen(
    detector: Detector,
    plan: CrossFit,
    keep: Keep,
    progress: Progress = no_progress,
) -> SelfTest:
    """Score the normal images with a detector that was fitted on none of them.

    Cost: a map for each image and each kind of painted defect; memory holds one map.
    """
    self_test = SelfTest()
    count = len(plan.calibrated)
    for place in range(count):
        share = span(progress, place / count, (place + 1) / count)
        keep(place, *_score_and_test(self_test, detector, plan.calibrated, Scored(place), share))
    progress(1.0)
    return self_test


def _score_and_test(
    self_test: SelfTest,
    detector: Detector,
    pictures: Sequence[Picture],
    scored: Scored,
    progress: Progress,
) -> tuple[ScoreMap, ImageJudgement | None]:
    """The map of an image that is held out, and what is made of it as a whole.

    The self-test goes on with a defect painted on it.
    """
    image = pictures[scored.place].read()
    scores = detector.score_map(image, progress=span(progress, 0.0, 0.5))
    judgement = detector.judge(image)
    _paint_and_score(self_test, detector, pictures, scored, image, span(progress, 0.5, 1.0))
    return scores, judgement


def _paint_and_score(
    self_test: SelfTest,
    detector: Detector,
    pictures: Sequence[Picture],
    scored: Scored,
    image: Image,
    progress: Progress,
) -> None:
    """Paint the next kind of defect that was not tried yet on an image that is held out."""
    kind = next((kind for kind in DEFECTS if kind not in self_test.areas), None)
    if kind is None or min(image.shape[:2]) < SMALLEST_TESTED:
        return
    rng = np.random.default_rng(len(self_test.areas))
    defect = painted_defect(kind, image, pictures[scored.place - 1].read(), rng)
    mask = defect.mask
    scores = detector.score_map(defect.image, progress=progress)
    if scored.part is not None:
        scores, mask = scored.part.of(scores), scored.part.of(mask)
    if mask.any() and not mask.all():
        self_test.areas[kind] = auroc(rank(scores.ravel(), mask.ravel()))
