"""The fits of the folds: one after the other, or side by side where each takes one core."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from evaluation.comparison.folds import Fold
from evaluation.workers.threads import cores
from images.colour import Image
from images.dataset import Picture
from images.on_demand import OnDemand
from methods.detector import Detector
from methods.progress import Progress, span
from methods.training.curve import note_of_fold


def fitted(
    new_detector: Callable[[], Detector], folds: Sequence[Fold], progress: Progress
) -> Iterator[Detector]:
    """A fitted detector for each fold, in their order; progress is that of all fits.

    A detector that computes on one core (`Detector.single_core`) is fitted for as many folds at
    once as there are cores, in threads; all fitted detectors may then be in memory together. The
    results are the same.
    """
    count = len(folds)
    workers = fits_at_once(new_detector().single_core, count)
    if workers == 1:
        for number, fold in enumerate(folds):
            part = span(progress, number / count, (number + 1) / count)
            yield fit_on(new_detector(), fold.train, _named(part, number, count))
        return
    together = _Together(progress, count)
    with ThreadPoolExecutor(workers) as pool:
        fits = [
            pool.submit(
                fit_on, new_detector(), fold.train, _named(together.part(number), number, count)
            )
            for number, fold in enumerate(folds)
        ]
        for fit in fits:
            yield fit.result()


def fits_at_once(single_core: bool, folds: int) -> int:
    """How many fits of folds run at the same time."""
    return min(folds, cores()) if single_core else 1


READ_LATELY = 2.0
"""Seconds for which the image that a fit has read last is named."""


def fit_on(detector: Detector, pictures: Sequence[Picture], progress: Progress) -> Detector:
    """Fit a detector on pictures, with their known classes if it needs them.

    Where the detector itself says nothing, the notes of the progress name the image that it reads.
    """
    classes = [picture.known_class for picture in pictures]
    read = _Read(pictures)
    return detector.fit(read.images(), classes=classes, progress=read.named(progress))


class _Read:
    """Knows which picture was read last."""

    def __init__(self, pictures: Sequence[Picture]) -> None:
        self._pictures = pictures
        self._name, self._when = "", 0.0

    def images(self) -> Sequence[Image]:
        """The images of the pictures, each read when it is asked for."""
        return OnDemand(len(self._pictures), self._image)

    def named(self, progress: Progress) -> Progress:
        """Progress whose notes name the picture that was read last, where they are empty."""

        def told(fraction: float, note: str = "") -> None:
            lately = time.monotonic() - self._when < READ_LATELY
            progress(fraction, note or (self._name if lately else ""))

        return told

    def _image(self, place: int) -> Image:
        picture = self._pictures[place]
        self._name, self._when = picture.name, time.monotonic()
        return picture.read()


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
            with self._lock:
                self._shares[number] = fraction
                self._highest = max(self._highest, sum(self._shares) / len(self._shares))
                self._progress(self._highest, note)

        return told
