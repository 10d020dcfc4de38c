"""The unit of work of a comparison: one method, run from what is stored in a folder.

The folder holds the images and masks as TIFF, which way normal images are divided, and the seeds.
All of it is written before any method runs, so another process, also one on another machine that
sees the folder, reads the same pixels, one image at a time: no image travels through a pipe, and
memory stays flat in every process.
"""

import shutil
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path

import numpy as np

from evaluation.comparison.comparison import (
    ASSESSMENT_FILE,
    FAILURE_FILE,
    MODEL_FILE,
    NORMAL_FOLDER,
    RESULT_FILE,
    TEST_FOLDER,
    Comparison,
    Event,
    Failure,
    Found,
    MethodResult,
    Phase,
    Variant,
    method_folders,
    read_description,
    result_in,
)
from evaluation.comparison.costs import alone, alone_in, peak_memory, stopwatch
from evaluation.comparison.cross_fit import cross_fit, score_unseen
from evaluation.comparison.expected import Lot, fold_count
from evaluation.comparison.fold_fits import fit_on
from evaluation.comparison.remaining import Part
from evaluation.comparison.storage import (
    ComparisonError,
    WriteError,
    array_path,
    copy_folder,
    write_array,
    write_json,
    writing,
)
from evaluation.comparison.telling import Telling
from images.dataset import Picture
from images.errors import explained
from methods.detector import Detector, ImageJudgement
from methods.features.remembered import FeatureStore
from methods.patches.grid import ScoreMap
from methods.progress import Cancelled, Progress
from methods.training.curve import CurveRecorder

STOP_FILE = "stop"
"""While it is in the folder of a comparison, its methods stop, in whatever process they run."""

LOADING_NOTE = "loading and compiling"
LOOK_EVERY = 0.2
"""Seconds between two looks at what runs elsewhere."""


def unheard(event: Event) -> None:
    """Nobody listens."""


def run_method(
    folder: Path,
    variant: Variant,
    on_event: Callable[[Event], None] = unheard,
    start: MethodResult | None = None,
) -> MethodResult | Failure:
    """Run one of the methods of the comparison in a folder, and write what it found there.

    Everything it needs is in the folder, and folder, variant and result can be pickled. In a
    process of its own it is alone in what it measures; peak memory then includes the packages that
    it is the first to import. A method that fails gives a `Failure`; `Cancelled` passes through,
    and is raised while `STOP_FILE` is in the folder. `start` is the result of `variant.earlier` on
    the same images, where there is one; the training on all normal images then starts from its
    model. The folds go through all stages, so that none learned from what it holds out, and scores
    are the same with a start and without. Raises `ComparisonError` when the folder
    holds no comparison with that variant.
    """
    description = read_description(folder)
    described = zip(description.variants, method_folders(folder, description.variants), strict=True)
    own = [place for each, place in described if each.label == variant.label
           and identity(each) == identity(variant)]  # fmt: skip
    if not own:
        raise ComparisonError(f"{folder} does not contain the method {variant.label!r}.")

    def tell(event: Event) -> None:
        on_event(event)
        if (folder / STOP_FILE).exists():
            raise Cancelled

    try:
        seconds = description.calibration_seconds
        return _run(variant, description.begun(folder), own[0], seconds, tell, start)
    except Cancelled:
        raise
    except Exception as error:
        return failed(variant, explained(error), own[0])


def take_over(
    earlier: MethodResult,
    variant: Variant,
    folder: Path,
    comparison: Comparison,
    on_event: Callable[[Event], None],
) -> MethodResult | Failure:
    """Copy what an earlier run of the same variant found."""
    try:
        # The masks may be others, so what was computed with them stays behind.
        if earlier.folder != folder:
            shutil.rmtree(folder, ignore_errors=True)
            copy_folder(earlier.folder, folder, without=(RESULT_FILE, ASSESSMENT_FILE))
        else:
            (folder / ASSESSMENT_FILE).unlink(missing_ok=True)
        found = replace(_found(earlier), variant=variant)
        return _finish(found, folder, comparison, on_event)
    except Cancelled:
        raise
    except Exception as error:
        return failed(variant, explained(error), folder)


def failed(variant: Variant, reason: str, folder: Path) -> Failure:
    """Mark a method as failed, where the disk allows."""
    failure = Failure(variant, reason)
    with suppress(WriteError), writing(folder):  # the disk may be what failed
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / FAILURE_FILE, failure)
    return failure


def identity(variant: Variant) -> tuple[str, int, tuple[str, ...]]:
    """Equal for variants that give the same scores on one data set."""
    stages: list[str] = []
    each: Variant | None = variant
    while each is not None:
        stages.append(each.checked().model_dump_json())
        each = each.earlier
    return variant.detector, variant.seed, tuple(stages)


def _run(
    variant: Variant,
    comparison: Comparison,
    folder: Path,
    calibration_seconds: float,
    on_event: Callable[[Event], None],
    start: MethodResult | None,
) -> MethodResult:
    earlier = start.detector() if start is not None else None
    recorder = CurveRecorder(earlier.training_ if earlier is not None else ())

    data, plan = comparison.data, comparison.plan
    lot = Lot.of(data, len(set(plan.groups)))
    telling = Telling(variant, lot, calibration_seconds, on_event)

    def report(phase: Phase, part: Part) -> Progress:
        return recorder.recording(telling.of(phase, part))

    with writing(folder):
        for subfolder in (NORMAL_FOLDER, TEST_FOLDER):
            (folder / subfolder).mkdir(parents=True, exist_ok=True)
        for outcome in (RESULT_FILE, FAILURE_FILE, ASSESSMENT_FILE):
            (folder / outcome).unlink(missing_ok=True)
    with alone() as watch, alone_in(folder) as apart, peak_memory() as memory:
        with tempfile.TemporaryDirectory(dir=folder, prefix="features-") as scratch:
            store = FeatureStore(Path(scratch))

            def new_detector() -> Detector:
                new = variant.new_detector()
                new.remember(store)
                return new

            detector = new_detector()
            if earlier is not None:
                detector.continuing(earlier)
            _warm_up(detector, report("fit", "load"))
            learns_from = plan.normal if detector.needs_normal() else data.test
            with stopwatch() as fitting:
                fit_on(detector, learns_from, report("fit", "fit"))
            fit_seconds = fitting.seconds + (start.fit_seconds if start is not None else 0.0)
            telling.fitted(fitting.seconds, fitting.seconds - store.seconds)
            detector.remember(None)
            detector.save(folder / MODEL_FILE)
            keep = _Kept(folder / NORMAL_FOLDER)
            maps = report("calibrate", "held out")
            with stopwatch() as calibrating:
                if detector.needs_normal():
                    count = fold_count(variant, lot, calibration_seconds)
                    fits = report("calibrate", "folds")
                    self_test = cross_fit(new_detector, plan, count, keep, fits, maps)
                else:
                    count, self_test = 0, score_unseen(detector, plan, keep, maps)
        seconds, judged = score_all(
            detector, data.test, folder / TEST_FOLDER, report("score", "score")
        )
    found = Found(
        variant=variant,
        params=detector.params.model_dump(mode="json"),
        fit_seconds=fit_seconds,
        calibration_seconds=calibrating.seconds,
        folds=count,
        self_test=self_test,
        score_seconds_per_image=float(np.mean(seconds)) if seconds else 0.0,
        peak_memory_mb=memory.rise_mb,
        disturbed=watch.disturbed or apart.disturbed,
        model_mb=(folder / MODEL_FILE).stat().st_size / 2**20,
        training=recorder.curves(),
        warnings=detector.warnings(),
        judged=judged,
        normal_judged=keep.judged(len(plan.calibrated)),
    )
    if start is None:
        telling.keep_cost(found)
    return _finish(found, folder, comparison, on_event)


def _warm_up(detector: Detector, progress: Progress) -> None:
    """Warm up in a thread of its own, which goes on by itself when the method is cancelled."""
    failures: list[BaseException] = []

    def work() -> None:
        try:
            detector.warm_up()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=work, name="warm-up", daemon=True)
    thread.start()
    while thread.is_alive():
        progress(0.0, LOADING_NOTE)
        thread.join(LOOK_EVERY)
    if failures:
        raise failures[0]


def _finish(
    found: Found, folder: Path, comparison: Comparison, on_event: Callable[[Event], None]
) -> MethodResult:
    """Mark a method as finished, now that all else is written."""
    write_json(folder / RESULT_FILE, found)
    on_event(Event(found.variant.label, "done", 1.0))
    return result_in(folder, found, comparison)


def _found(result: MethodResult) -> Found:
    return Found(**{each.name: getattr(result, each.name) for each in fields(Found)})


def score_all(
    detector: Detector, pictures: Sequence[Picture], folder: Path, progress: Progress
) -> tuple[list[float], tuple[ImageJudgement, ...]]:
    """Write the score map of every picture; returns the seconds that each took.

    Also what the detector makes of each as a whole; nothing where it gives only maps.
    """
    seconds, judged = [], []
    for index, picture in enumerate(pictures):
        image = picture.read()
        with stopwatch() as scoring:
            scores = detector.score_map(image, progress=_of_image(progress, pictures, index))
            judgement = detector.judge(image)
        seconds.append(scoring.seconds)
        write_array(array_path(folder, index), scores)
        if judgement is not None:
            judged.append(judgement)
    return seconds, tuple(judged)


def _of_image(progress: Progress, pictures: Sequence[Picture], index: int) -> Progress:
    """The progress of one of the images, which names it."""
    name = f"image {index + 1} of {len(pictures)}: {pictures[index].name}"

    def told(fraction: float, note: str = "") -> None:
        progress((index + fraction) / len(pictures), name)

    return told


class _Kept:
    """Keeps what is found for held-out normal images, by their places."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._judged: dict[int, ImageJudgement] = {}

    def __call__(self, place: int, scores: ScoreMap, judgement: ImageJudgement | None) -> None:
        write_array(array_path(self._folder, place), scores)
        if judgement is not None:
            self._judged[place] = judgement

    def judged(self, count: int) -> tuple[ImageJudgement, ...]:
        """What was made of each of `count` images as a whole; nothing unless it is there of all."""
        if len(self._judged) < count:
            return ()
        return tuple(self._judged[place] for place in range(count))
