"""Run the folds of one method: scores of normal images that no fit has seen, and a self-test."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import fmean

import numpy as np

from evaluation.comparison.fold_fits import fitted
from evaluation.comparison.folds import CrossFit, Scored
from evaluation.metrics.curves import auroc, rank
from images.colour import Image
from images.dataset import Picture
from images.painting.drawn import painted_defect
from images.samples.defects import DEFECTS
from methods.detector import Detector, ImageJudgement
from methods.patches.grid import ScoreMap
from methods.progress import Progress, no_progress

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


def painted(images: int) -> int:
    """On how many of so many held-out images a defect is painted, at most."""
    return min(images, len(DEFECTS))


def cross_fit(
    new_detector: Callable[[], Detector],
    plan: CrossFit,
    count: int,
    keep: Keep,
    fits: Progress = no_progress,
    maps: Progress = no_progress,
) -> SelfTest:
    """Fit a detector for each fold; `keep` takes the map of each calibrated image by its place.

    `fits` is told how far the fits of all folds are, `maps` how far their score maps.

    A map comes from the one fold that holds its image out; where parts are held out it is put
    together from all folds. Defects are painted on some images and scored by the fold that holds
    them out. Cost: `count` fits, and a map for each image (for each fold where parts are held
    out) and each kind of defect. Memory holds one map, all of them only where parts are held out:
    at most two images then, or images that share pixels.
    """
    self_test = SelfTest()
    unfinished: dict[int, ScoreMap] = {}
    folds = plan.folds(count)
    watch = _Maps(maps, sum(len(fold.scored) for fold in folds))
    for number, (fold, detector) in enumerate(
        zip(folds, fitted(new_detector, folds, fits), strict=True), start=1
    ):
        watch.where = f"fold {number} of {count}, "
        for scored in fold.scored:
            scores, judgement = _score_and_test(self_test, detector, plan.calibrated, scored, watch)
            if scored.part is None:
                keep(scored.place, scores, judgement)
            else:
                whole = unfinished.setdefault(scored.place, np.empty_like(scores))
                scored.part.of(whole)[:] = scored.part.of(scores)
    for place, scores in unfinished.items():
        keep(place, scores, None)
    maps(1.0)
    return self_test


def score_unseen(
    detector: Detector,
    plan: CrossFit,
    keep: Keep,
    maps: Progress = no_progress,
) -> SelfTest:
    """Score the normal images with a detector that was fitted on none of them.

    Cost: a map for each image and each kind of painted defect; memory holds one map.
    """
    self_test = SelfTest()
    count = len(plan.calibrated)
    watch = _Maps(maps, count)
    for place in range(count):
        keep(place, *_score_and_test(self_test, detector, plan.calibrated, Scored(place), watch))
    maps(1.0)
    return self_test


def _score_and_test(
    self_test: SelfTest,
    detector: Detector,
    pictures: Sequence[Picture],
    scored: Scored,
    watch: "_Maps",
) -> tuple[ScoreMap, ImageJudgement | None]:
    """The map of an image that is held out, and what is made of it as a whole.

    The self-test goes on with a defect painted on it.
    """
    picture = pictures[scored.place]
    image = picture.read()
    scores = detector.score_map(image, progress=watch.next_image(picture.name))
    judgement = detector.judge(image)
    _paint_and_score(self_test, detector, pictures, scored, image, watch)
    return scores, judgement


def _paint_and_score(
    self_test: SelfTest,
    detector: Detector,
    pictures: Sequence[Picture],
    scored: Scored,
    image: Image,
    watch: "_Maps",
) -> None:
    """Paint the next kind of defect that was not tried yet on an image that is held out."""
    kind = next((kind for kind in DEFECTS if kind not in self_test.areas), None)
    if kind is None or min(image.shape[:2]) < SMALLEST_TESTED:
        return
    rng = np.random.default_rng(len(self_test.areas))
    defect = painted_defect(kind, image, pictures[scored.place - 1].read(), rng)
    mask = defect.mask
    scores = detector.score_map(defect.image, progress=watch.painted(kind))
    if scored.part is not None:
        scores, mask = scored.part.of(scores), scored.part.of(mask)
    if mask.any() and not mask.all():
        self_test.areas[kind] = auroc(rank(scores.ravel(), mask.ravel()))


class _Maps:
    """Progress of score maps of held-out images, which names each."""

    def __init__(self, progress: Progress, images: int) -> None:
        self._progress = progress
        self._images = images
        self._whole = images + painted(images)
        self._image = self._map = 0
        self._name = ""
        self.where = ""
        """What stands before the image, such as its fold."""

    def next_image(self, name: str) -> Progress:
        """The progress of the next image's map."""
        self._image += 1
        self._name = f"{self.where}held-out image {self._image} of {self._images}: {name}"
        return self._next(self._name)

    def painted(self, kind: str) -> Progress:
        """The progress of the map of the same image with a defect of some kind."""
        return self._next(f"{self._name} with a painted {kind}")

    def _next(self, name: str) -> Progress:
        begin = self._map
        self._map += 1

        def told(fraction: float, note: str = "") -> None:
            self._progress(min(1.0, (begin + fraction) / self._whole), name)

        return told
