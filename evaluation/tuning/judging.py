"""Fit one setting and judge it on validation images."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluation.comparison.comparison import ScoreMaps, Variant
from evaluation.comparison.storage import array_path, write_array
from evaluation.comparison.tuned import Estimate
from evaluation.metrics.curves import Undefined, rank
from evaluation.metrics.metrics import Measure, Metrics, Protocol, Rankings, measures
from evaluation.metrics.regions import rank_pixels
from evaluation.metrics.truth import Truths, known_labels
from evaluation.metrics.uncertainty import Resampled, resample, tally_images, tally_pixels
from images.dataset import Picture, Pixels
from methods.detector import Detector
from methods.features.remembered import FeatureStore
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
    """Fits settings on some images and judges them by one metric on others."""

    train: Sequence[Picture]
    metric: str
    folder: Path
    """Is there, for score maps; what is in it is overwritten."""
    store: FeatureStore | None = None
    """Features of images are computed once for all settings that have the same."""

    def fitted(self, variant: Variant, progress: Progress = no_progress) -> Detector:
        """A detector with the parameters of a variant. Raises `DetectorError`, `ParameterError`."""
        detector = variant.new_detector()
        detector.remember(self.store)
        return detector.fit(Pixels(self.train), progress=progress)

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
        """The metric on some images with its interval, and on a thousand draws of them."""
        value = self.value(detector, pictures, progress)
        maps, truths = self._maps(pictures), Truths(pictures)
        labels = [truth.defective for truth in truths]
        nothing: dict[str, float | None] = {each.name: None for each in measures(PROTOCOL)}
        draws = resample(
            tally_pixels(maps, truths, rank_pixels(maps, truths)),
            tally_images(PROTOCOL.image_score.of_all(maps, truths), labels),
            labels,
            Metrics(nothing | {self.metric: value}, {}),
            PROTOCOL,
        )
        return Estimate(value, draws.interval(self.metric)), draws

    def _keep_map(
        self, detector: Detector, pictures: Sequence[Picture], at: int, progress: Progress
    ) -> None:
        share = span(progress, at / len(pictures), (at + 1) / len(pictures))
        scores = detector.score_map(pictures[at].read(), progress=share)
        write_array(array_path(self.folder, at), scores)

    def _maps(self, pictures: Sequence[Picture]) -> ScoreMaps:
        return ScoreMaps(self.folder, len(pictures))

    def _partial(self, pictures: Sequence[Picture]) -> float | None:
        try:
            return self._value(pictures)
        except Undefined:
            return None

    def _value(self, pictures: Sequence[Picture]) -> float:
        maps, truths = self._maps(pictures), Truths(pictures)
        scores = PROTOCOL.image_score.of_all(maps, truths)
        known, defective = known_labels([truth.defective for truth in truths])
        images = rank(scores[known], defective[known])
        return measure_named(self.metric).compute(Rankings(rank_pixels(maps, truths), images))
