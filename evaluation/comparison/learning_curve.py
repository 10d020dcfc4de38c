"""How accurate methods are with few normal images: fits on draws, scored on the same images.

What was measured is kept in the folder of the comparison after every fit, so that a curve goes on
where it was stopped, and more draws or numbers of images are added to it.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from evaluation.comparison.comparison import CURVE_FILE, Comparison, MethodResult, ScoreMaps
from evaluation.comparison.method import score_all
from evaluation.comparison.shots import Shots, shots_of
from evaluation.comparison.storage import read_json, write_json
from evaluation.decisions.image_scores import ImageScore
from evaluation.metrics.curves import Ranking, Undefined, auroc, rank
from evaluation.metrics.regions import rank_pixels
from evaluation.metrics.truth import Truths, known_labels
from images.dataset import Pixels
from images.errors import explained
from images.on_demand import selected
from methods.detector import ImageJudgement
from methods.features.remembered import FeatureStore
from methods.patches.grid import ScoreMap
from methods.progress import Cancelled, Progress, no_progress, span
from methods.registry import get

DRAWS = 3
MOST_DRAWS = 20
FITTING = 0.5
"""Share of the progress of one draw that is its fit; the rest is scoring."""

Area = Literal["image_auroc", "pixel_auroc"]
AREAS: tuple[Area, ...] = get_args(Area)


@dataclass(frozen=True)
class Measured:
    """What a method reached when it was trained on one draw of the normal images."""

    label: str
    """Of the method."""
    images: int
    draw: int
    image_auroc: float | None = None
    pixel_auroc: float | None = None
    reason: str = ""
    """Why the method could not be trained or judged, in a sentence."""


@dataclass(frozen=True)
class LearningCurve:
    """What all methods reached so far."""

    images: int
    """Normal images that are drawn from."""
    tested: str
    """What was scored, in words."""
    measured: tuple[Measured, ...] = ()

    def has(self, label: str, images: int, draw: int) -> bool:
        """Whether that was measured already; what failed may be tried again."""
        return any(
            (it.label, it.images, it.draw) == (label, images, draw) and not it.reason
            for it in self.measured
        )

    def including(self, found: Measured) -> "LearningCurve":
        """The curve with one more result, instead of an earlier one of the same draw."""
        own = (found.label, found.images, found.draw)
        others = (it for it in self.measured if (it.label, it.images, it.draw) != own)
        return replace(self, measured=(*others, found))


def stored_curve(folder: Path) -> LearningCurve | None:
    """What was measured in the folder of a comparison; None where nothing was."""
    path = folder / CURVE_FILE
    return read_json(path, LearningCurve) if path.is_file() else None


def learning_curve(
    comparison: Comparison,
    labels: Sequence[str],
    images: Sequence[int],
    draws: int = DRAWS,
    *,
    progress: Progress = no_progress,
) -> LearningCurve:
    """Train methods of a comparison on so many of its normal images, in several draws each.

    Each draw takes its images at random, and its larger numbers hold its smaller ones. All models
    score the same images (see `shots_of`). With all normal images there is one draw, which is the
    comparison itself unless defects are painted. Methods that need no normal images, and numbers
    beyond these, are passed over.

    Cost: a fit and the score maps of the tested images for each number and draw. `Cancelled` passes
    through; what was measured before stays. Raises `ShotsError` when nothing can be measured.
    """
    shots = shots_of(comparison)
    curve = stored_curve(comparison.folder)
    if curve is None or (curve.images, curve.tested) != (len(shots.pool), shots.text()):
        curve = LearningCurve(len(shots.pool), shots.text())
    counts = sorted({each for each in images if each <= curve.images})
    wanted = [
        (count, draw) for count in counts for draw in range(1 if count == curve.images else draws)
    ]
    for result, part in _shared_out(comparison.results, labels, progress):
        missing = [each for each in wanted if not curve.has(result.variant.label, *each)]
        with tempfile.TemporaryDirectory(dir=comparison.folder, prefix="curve-") as folder:
            method = _Method(comparison, result, shots, Path(folder))
            for at, (count, draw) in enumerate(missing):
                share = span(part, at / len(missing), (at + 1) / len(missing))
                found = method.measured(count, draw, comparison.protocol.image_score, share)
                curve = curve.including(found)
                write_json(comparison.folder / CURVE_FILE, curve)
    progress(1.0)
    return curve


def learns_from_few(name: str) -> bool:
    """Whether a detector can be trained on some of the normal images, whatever their classes."""
    return get(name).needs_normal() and not get(name).needs_classes()


def _shared_out(
    results: Sequence[MethodResult], labels: Sequence[str], progress: Progress
) -> list[tuple[MethodResult, Progress]]:
    """The methods that are measured, each with its share of the progress."""
    chosen = [
        result
        for result in results
        if result.variant.label in labels and learns_from_few(result.variant.detector)
    ]
    count = len(chosen)
    return [
        (result, span(progress, at / count, (at + 1) / count)) for at, result in enumerate(chosen)
    ]


class _Method:
    """One method, which is fitted on draws; features of an image are computed once."""

    def __init__(
        self, comparison: Comparison, result: MethodResult, shots: Shots, folder: Path
    ) -> None:
        self._seed = comparison.seed
        self._result = result
        self._shots = shots
        self._truths = Truths(shots.tested)
        self._folder = folder
        self._store = FeatureStore(folder)

    def measured(
        self, images: int, draw: int, image_score: ImageScore, progress: Progress
    ) -> Measured:
        """What it reaches with one draw."""
        label = self._result.variant.label
        words = f"{label}, {images} of {len(self._shots.pool)} images, draw {draw + 1}"

        def tell(fraction: float, note: str = "") -> None:
            progress(fraction, words)

        tell(0.0)
        try:
            maps, judged = self._found(images, draw, tell)
            labels = [truth.defective for truth in self._truths]
            known, defective = known_labels(labels)
            if judged:
                scores = np.array([each.score for each in judged], dtype=np.float32)
            else:
                scores = image_score.of_all(maps, self._truths)
            return Measured(
                label,
                images,
                draw,
                _area(rank(scores[known], defective[known])),
                _area(rank_pixels(maps, self._truths)),
            )
        except Cancelled:
            raise
        except Exception as error:
            return Measured(label, images, draw, reason=explained(error))

    def _found(
        self, images: int, draw: int, progress: Progress
    ) -> tuple[Sequence[ScoreMap], Sequence[ImageJudgement]]:
        """The maps of the tested images, and what the detector makes of each as a whole.

        Those of the comparison where it used the same images; nothing of the second from a
        detector that gives only maps.
        """
        places = self._shots.places
        if images == len(self._shots.pool) and places is not None:
            judged = self._result.judged
            return selected(self._result.maps, places), selected(judged, places) if judged else ()
        detector = self._result.variant.new_detector()
        detector.remember(self._store)
        normal = Pixels(self._shots.drawn(images, draw, self._seed))
        detector.fit(normal, progress=span(progress, 0.0, FITTING))
        scoring = span(progress, FITTING, 1.0)
        _, found = score_all(detector, self._shots.tested, self._folder, scoring)
        return ScoreMaps(self._folder, len(self._shots.tested)), found


def _area(ranking: Ranking) -> float | None:
    try:
        return auroc(ranking)
    except Undefined:
        return None
