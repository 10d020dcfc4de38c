"""Fit one setting and judge it on validation images."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from evaluation.comparison.comparison import ScoreMaps, Variant
from evaluation.comparison.fold_fits import fit_on
from evaluation.comparison.storage import array_path, write_array
from evaluation.comparison.tuned import Estimate
from evaluation.metrics.curves import Scores, Undefined, rank
from evaluation.metrics.metrics import Measure, Metrics, Protocol, Rankings, measures
from evaluation.metrics.regions import rank_pixels
from evaluation.metrics.truth import Truth, Truths, known_labels
from evaluation.metrics.uncertainty import (
    Resampled,
    draw_within,
    resample,
    tally_images,
    tally_pixels,
)
from images.dataset import GOOD, Picture
from images.on_demand import selected
from methods.detector import Detector
from methods.features.remembered import FeatureStore
from methods.patches.grid import ScoreMap
from methods.progress import Progress, no_progress, span

METRICS = ("pixel_auroc", "image_auroc", "aupro")
"""The measures by which settings can be judged."""
PARTS = 3
"""Looks at the metric while a trial is scored, at which it can be pruned."""
FIT_SHARE = 0.6
"""Of the progress of a trial."""

PROTOCOL = Protocol()


def measure_named(name: str) -> Measure:
    """The measure by its name, one of `METRICS`."""
    return next(measure for measure in measures(PROTOCOL) if measure.name == name)


@dataclass(frozen=True)
class Judge:
    """Fits settings on some images and judges them by one metric on others.

    With `by_kind` it is the mean over the kinds of defects of the metric on the good images and
    those of one kind, so that a kind of large defects has no more weight than one of small ones.
    """

    train: Sequence[Picture]
    metric: str
    folder: Path
    """Is there, for score maps; what is in it is overwritten."""
    by_kind: bool = False
    store: FeatureStore | None = None
    """Features of images are computed once for all settings that have the same."""
    _own: dict[int, float] = field(default_factory=dict, init=False, repr=False, compare=False)
    """The scores that the detector gives images itself, by their numbers."""

    def fitted(self, variant: Variant, progress: Progress = no_progress) -> Detector:
        """A detector with the parameters of a variant. Raises `DetectorError`, `ParameterError`."""
        detector = variant.new_detector()
        detector.remember(self.store)
        return fit_on(detector, self.train, progress)

    def value(
        self,
        detector: Detector,
        pictures: Sequence[Picture],
        progress: Progress = no_progress,
        on_part: Callable[[int, float], None] = lambda part, value: None,
    ) -> float:
        """The metric on some images; `on_part` is told it on the first third and two thirds.

        Raises `Undefined` where it has no value.
        """
        cuts = [round(len(pictures) * part / PARTS) for part in range(1, PARTS + 1)]
        for at in range(len(pictures)):
            self._keep_map(detector, pictures, at, progress)
            if at + 1 in cuts[:-1] and (value := self._partial(pictures[: at + 1])) is not None:
                on_part(cuts.index(at + 1), value)
        return self._value(pictures)

    def estimated(
        self, detector: Detector, pictures: Sequence[Picture], progress: Progress = no_progress
    ) -> tuple[Estimate, Resampled]:
        """The metric on some images with its interval, and on a thousand draws of them.

        Good and defective images are drawn apart, with `by_kind` also the kinds of defects.
        """
        value = self.value(detector, pictures, progress)
        good, *kinds = _by_kind(pictures)
        defective = [at for kind in kinds for at in kind]
        draws = draw_within([good, *kinds] if self.by_kind else [good, defective])
        parts = self._parts(pictures)
        means = np.mean([self._drawn(pictures, part, draws[:, part]) for part in parts], axis=0)
        resampled = Resampled({self.metric: means}, {self.metric: len(pictures)}, {})
        return Estimate(value, resampled.interval(self.metric)), resampled

    def _drawn(
        self, pictures: Sequence[Picture], part: Sequence[int], draws: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """The metric on some of the images, as often as each row of `draws` (m, n) says."""
        maps, truths = self._of(pictures, part)
        labels = [truth.defective for truth in truths]
        nothing: dict[str, float | None] = {each.name: None for each in measures(PROTOCOL)}
        return resample(
            tally_pixels(maps, truths, rank_pixels(maps, truths)),
            tally_images(self._image_scores(maps, truths, part), labels),
            labels,
            Metrics(nothing | {self.metric: self._metric(pictures, part)}, {}),
            PROTOCOL,
            draws,
        ).values[self.metric]

    def _keep_map(
        self, detector: Detector, pictures: Sequence[Picture], at: int, progress: Progress
    ) -> None:
        share = span(progress, at / len(pictures), (at + 1) / len(pictures))
        image = pictures[at].read()
        write_array(array_path(self.folder, at), detector.score_map(image, progress=share))
        judgement = detector.judge(image)
        if judgement is None:
            self._own.pop(at, None)
        else:
            self._own[at] = judgement.score

    def _partial(self, pictures: Sequence[Picture]) -> float | None:
        try:
            return self._value(pictures)
        except Undefined:
            return None

    def _value(self, pictures: Sequence[Picture]) -> float:
        return fmean(self._metric(pictures, part) for part in self._parts(pictures))

    def _metric(self, pictures: Sequence[Picture], part: Sequence[int]) -> float:
        maps, truths = self._of(pictures, part)
        scores = self._image_scores(maps, truths, part)
        known, defective = known_labels([truth.defective for truth in truths])
        images = rank(scores[known], defective[known])
        return measure_named(self.metric).compute(Rankings(rank_pixels(maps, truths), images))

    def _of(
        self, pictures: Sequence[Picture], part: Sequence[int]
    ) -> tuple[Sequence[ScoreMap], Sequence[Truth]]:
        """The score maps and the truth of some of the images."""
        maps = ScoreMaps(self.folder, len(pictures))
        return selected(maps, part), Truths([pictures[at] for at in part])

    def _image_scores(
        self, maps: Sequence[ScoreMap], truths: Sequence[Truth], part: Sequence[int]
    ) -> Scores:
        """The scores of images: the detector's own where it gives them, else those of the maps."""
        if all(at in self._own for at in part):
            return np.array([self._own[at] for at in part], dtype=np.float32)
        return PROTOCOL.image_score.of_all(maps, truths)

    def _parts(self, pictures: Sequence[Picture]) -> list[list[int]]:
        """The numbers of the images that the metric is computed on, once for each part."""
        good, *defective = _by_kind(pictures)
        if not self.by_kind or not defective:
            return [list(range(len(pictures)))]
        return [sorted([*good, *kind]) for kind in defective]


def _by_kind(pictures: Sequence[Picture]) -> list[list[int]]:
    """The numbers of the good images, then those of each kind of defect."""
    groups: dict[str | None, list[int]] = {GOOD: []}
    for at, picture in enumerate(pictures):
        groups.setdefault(picture.kind, []).append(at)
    return list(groups.values())
