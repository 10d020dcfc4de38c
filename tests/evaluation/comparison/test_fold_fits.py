"""Fits of folds side by side: at the same time, with the results of one after the other."""

import os
from collections.abc import Sequence
from threading import Barrier
from typing import Any

import numpy as np
import pytest

from evaluation.comparison.fold_fits import fitted
from evaluation.comparison.folds import Fold
from images.colour import Image
from images.dataset import Picture
from methods.detector import Detector, DetectorError
from methods.detectors.restoration.autoencoder import Autoencoder
from methods.parameters import Parameters
from methods.progress import Cancelled, Progress


def folds(count: int) -> list[Fold]:
    rng = np.random.default_rng(0)
    images = [rng.random((40, 40), dtype=np.float32) for _ in range(count)]
    pictures = [Picture(str(at), "good", lambda at=at: images[at]) for at in range(count)]
    return [
        Fold(tuple(picture for picture in pictures if picture is not held_out), ())
        for held_out in pictures
    ]


class Meeting(Detector):
    """Can only be fitted by two threads at the same time."""

    name = "meeting"
    Params = Parameters
    single_core = True
    barrier = Barrier(2, timeout=10)

    def _fit(self, images: Sequence[Image], progress: Progress) -> None:
        self.barrier.wait()
        for step in range(1, 5):
            progress(step / 4)

    def _score_map(self, image: Image, progress: Progress) -> Any:
        raise NotImplementedError

    def _explain(self, image: Image, row: int, col: int) -> Any:
        raise NotImplementedError

    def _state(self) -> Any:
        raise NotImplementedError

    def _restore(self, arrays: Any) -> None:
        raise NotImplementedError


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


def test_two_fits_run_at_the_same_time_and_progress_never_falls() -> None:
    told: list[float] = []
    for detector in fitted(Meeting, folds(4), lambda fraction, note="": told.append(fraction)):
        assert detector.fitted
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1.0)


def test_the_weights_are_those_of_one_fit_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def new() -> Detector:
        return Autoencoder({"steps": 6, "width": 4, "crop": 32, "batch": 4})

    together = list(fitted(new, folds(3), lambda *_: None))
    monkeypatch.setattr(Autoencoder, "single_core", False)
    alone = list(fitted(new, folds(3), lambda *_: None))
    image = np.random.default_rng(1).random((40, 40), dtype=np.float32)
    for one, other in zip(together, alone, strict=True):
        np.testing.assert_array_equal(one.score_map(image), other.score_map(image))


def test_cancelling_ends_all_fits() -> None:
    def cancel(fraction: float, note: str = "") -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        list(fitted(Meeting, folds(2), cancel))


def test_the_error_of_a_fit_is_passed_on() -> None:
    class Failing(Meeting):
        def _fit(self, images: Sequence[Image], progress: Progress) -> None:
            raise DetectorError("The images are too small.")

    with pytest.raises(DetectorError, match="too small"):
        list(fitted(Failing, folds(2), lambda *_: None))
