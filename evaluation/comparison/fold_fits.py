"""The fits of the folds: one after the other, or side by side where each takes one core."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from evaluation.comparison.folds import Fold
from evaluation.workers.threads import cores
from images.dataset import Picture, Pixels
from methods.detector import Detector
from methods.progress import Progress, span
from methods.training.curve import note_of_fold

FITTING = 0.6
"""Share of the progress that is the fits; the rest is scoring."""


def fitted(
    new_detector: Callable[[], Detector], folds: Sequence[Fold], progress: Progress
) -> Iterator[tuple[Detector, Progress]]:
    """A fitted detector for each fold, in their order, and the progress of what is done with it.

    A detector that computes on one core (`Detector.single_core`) is fitted for as many folds at
    once as there are cores, in threads; all fitted detectors may then be in memory together. The
    results are the same.
    """
    count = len(folds)
    workers = min(count, cores()) if new_detector().single_core else 1
    if workers == 1:
        for number, fold in enumerate(folds):
            part = span(progress, number / count, (number + 1) / count)
            named = _named(span(part, 0.0, FITTING), number, count)
            detector = fit_on(new_detector(), fold.train, named)
            yield detector, span(part, FITTING, 1.0)
        return
    together = _Together(progress, count)
    with ThreadPoolExecutor(workers) as pool:
        fits = [
            pool.submit(
                fit_on, new_detector(), fold.train, _named(together.part(number), number, count)
            )
            for number, fold in enumerate(folds)
        ]
        share = (1 - FITTING) / count
        for number, fit in enumerate(fits):
            begin = FITTING + number * share
            yield fit.result(), span(together, begin, begin + share)


def fit_on(detector: Detector, pictures: Sequence[Picture], progress: Progress) -> Detector:
    """Fit a detector on pictures, with their known classes if it needs them."""
    classes = [picture.known_class for picture in pictures]
    return detector.fit(Pixels(pictures), classes=classes, progress=progress)


def _named(progress: Progress, number: int, count: int) -> Progress:
    """Progress whose notes say which fold is fitted."""

    def told(fraction: float, note: str = "") -> None:
        progress(fraction, note_of_fold(note, number + 1, count))

    return told


class _Together:
    """Progress told by several threads: it never falls."""

    def __init__(self, progress: Progress, count: int) -> None:
        self._progress = progress
        self._shares = [0.0] * count
        self._highest = 0.0
        self._lock = Lock()

    def part(self, number: int) -> Progress:
        """The progress of one fit."""

        def told(fraction: float, note: str = "") -> None:
            self._shares[number] = fraction
            self(FITTING * sum(self._shares) / len(self._shares), note)

        return told

    def __call__(self, fraction: float, note: str = "") -> None:
        with self._lock:
            self._highest = max(self._highest, fraction)
            self._progress(self._highest, note)
