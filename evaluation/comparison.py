"""Run several detectors on one data set and keep what they found.

A comparison is a folder that holds all that it is made of: the images and masks, then a
`comparison.json`, and for every method a folder of its own with the fitted model, the score maps as
float32 TIFF and a `result.json` that is written last: a method without one is not finished. Images
and score maps are read from there when asked for, so memory does not grow with the images.
"""

import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import psutil

from evaluation.split import Split, hold_out
from evaluation.storage import (
    ComparisonError,
    StoredData,
    WriteError,
    array_path,
    copy_folder,
    open_data,
    read_array,
    read_json,
    store_data,
    write_array,
    write_json,
    writing,
)
from images.dataset import DataSet, Picture, Pixels
from images.errors import explained
from images.on_demand import OnDemand
from methods import registry
from methods.detector import Detector, DetectorError
from methods.parameters import Parameters
from methods.patches import ScoreMap
from methods.progress import Cancelled, Progress, span


@dataclass(frozen=True)
class Variant:
    """A method with its parameters; several variants of one method may stand in a comparison."""

    detector: str
    params: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    label: str = ""
    """What the variant is called, unique in a comparison; the detector's name unless told."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", self.label or self.detector)

    def checked(self) -> Parameters:
        """All parameters, defaults included; raises `ParameterError` or `DetectorError`."""
        return registry.create(self.detector, self.params, seed=self.seed).params


Phase = Literal["fit", "score", "done"]


@dataclass(frozen=True)
class Event:
    """How far one method of a comparison is."""

    label: str
    phase: Phase
    fraction: float
    """Share of the whole method that is done, 0 to 1."""
    seconds: float = 0.0
    """Since the method began."""
    note: str = ""
    """What is worth seeing meanwhile, such as the loss of a training."""

    @property
    def seconds_left(self) -> float | None:
        """An estimate; None while too little is done to make one."""
        if self.fraction <= _TOO_EARLY:
            return None
        return self.seconds * (1 - self.fraction) / self.fraction


class ScoreMaps(OnDemand[ScoreMap]):
    """Score maps in a folder, read one at a time."""

    def __init__(self, folder: Path, count: int) -> None:
        super().__init__(count, self._read)
        self._folder = folder

    def path(self, index: int) -> Path:
        """The TIFF file of one map."""
        return array_path(self._folder, index)

    def _read(self, index: int) -> ScoreMap:
        path = self.path(index)
        scores = read_array(path)
        if scores.dtype != np.float32 or scores.ndim != 2:
            raise ComparisonError(f"{path} is no score map; expected float32 (H, W).")
        return scores


@dataclass(frozen=True)
class MethodResult:
    """What one method found, and what it cost."""

    variant: Variant
    params: Mapping[str, Any]
    """All parameters, defaults included."""
    folder: Path
    fit_seconds: float
    score_seconds_per_image: float
    """Mean time to score a test image, without reading its file."""
    peak_memory_mb: float
    """How far the memory of the process rose while the method ran."""
    model_mb: float
    maps: ScoreMaps
    """Scores of the test images, in the order of the data set."""
    held_out_maps: ScoreMaps
    """Scores of the held-out normal images."""

    def detector(self) -> Detector:
        """The fitted detector, read from its file."""
        return registry.load(self.folder / MODEL_FILE)


@dataclass(frozen=True)
class Failure:
    """A method that could not finish, and why in one sentence."""

    variant: Variant
    reason: str


@dataclass(frozen=True)
class Comparison:
    """Several methods on one data set."""

    data: DataSet
    split: Split
    folder: Path
    results: tuple[MethodResult, ...]
    failures: tuple[Failure, ...] = ()
    seed: int = 0
    """Decides which normal images are held out."""

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The comparison that `run` wrote into a folder, with its images, maps and models.

        A method that was stopped before it finished is among the failures. Raises
        `ComparisonError` when the folder holds no comparison or a damaged one.
        """
        if not (folder / COMPARISON_FILE).is_file():
            raise ComparisonError(f"{folder} holds no comparison, or one that was only begun.")
        description = read_json(folder / COMPARISON_FILE, _Description)
        if description.format != FORMAT:
            raise ComparisonError(f"{folder} is not a comparison of this version ({FORMAT}).")
        data = open_data(description.data, folder / "data")
        split = hold_out(data.normal, seed=description.seed)
        folders = _method_folders(folder, description.variants)
        found = [
            _open_method(variant, own_folder, data, split)
            for variant, own_folder in zip(description.variants, folders, strict=True)
        ]
        return cls(
            data,
            split,
            folder,
            tuple(result for result in found if isinstance(result, MethodResult)),
            tuple(result for result in found if isinstance(result, Failure)),
            description.seed,
        )


FORMAT = "anomaly-compare comparison 1"
COMPARISON_FILE = "comparison.json"
MODEL_FILE = "model.safetensors"
RESULT_FILE = "result.json"
FAILURE_FILE = "failure.json"

_FIT_SHARE = 0.5
_TOO_EARLY = 0.05
"""Share of a method before which nothing is said of the time left."""


@dataclass(frozen=True)
class _Description:
    """What `comparison.json` holds."""

    format: str
    seed: int
    data: StoredData
    variants: tuple[Variant, ...]


@dataclass(frozen=True)
class _Finished:
    """What `result.json` holds."""

    variant: Variant
    params: dict[str, Any]
    fit_seconds: float
    score_seconds_per_image: float
    peak_memory_mb: float
    model_mb: float


def run(
    data: DataSet,
    variants: Sequence[Variant],
    folder: Path,
    *,
    seed: int = 0,
    known: Sequence[MethodResult] = (),
    on_begin: Callable[[Comparison], None] = lambda comparison: None,
    on_event: Callable[[Event], None] = lambda event: None,
    on_result: Callable[[MethodResult | Failure], None] = lambda result: None,
) -> Comparison:
    """Fit every variant on the normal images and score the test images and the held-out ones.

    `on_begin` is handed the comparison without results: its data set holds the pictures that could
    be read. A result in `known` with the method, parameters and seed of a variant is taken over
    instead of running it again; it must come from the same data set and seed.

    A method that fails is reported as a `Failure` and the rest goes on. `Cancelled` raised from
    `on_event` stops everything and passes through; methods that had finished were handed to
    `on_result` before. Raises `DetectorError` when there is no variant, no normal image to learn
    from or two variants have one label, and `ParameterError` for a wrong parameter, before anything
    runs.
    """
    if not variants:
        raise DetectorError("No method is given; expected at least one.")
    labels = [variant.label for variant in variants]
    folders = _method_folders(folder, variants)
    if len(set(folders)) < len(labels):
        raise DetectorError(f"Two methods have one name among {', '.join(labels)}.")
    for variant in variants:
        variant.checked()
    data = _keep(data, variants, folder, seed, on_event)
    split = hold_out(data.normal, seed=seed)
    on_begin(Comparison(data, split, folder, (), (), seed))
    earlier = {_identity(result.variant): result for result in known}
    results: list[MethodResult] = []
    failures: list[Failure] = []
    for variant, own_folder in zip(variants, folders, strict=True):
        try:
            if _identity(variant) in earlier:
                result = _take_over(earlier[_identity(variant)], variant, own_folder, on_event)
            else:
                result = _run_method(variant, data, split, own_folder, on_event)
        except Cancelled:
            raise
        except Exception as error:
            failure = Failure(variant, explained(error))
            failures.append(failure)
            with suppress(WriteError):  # the disk may be what failed
                write_json(own_folder / FAILURE_FILE, failure)
            on_result(failure)
        else:
            results.append(result)
            on_result(result)
    return Comparison(data, split, folder, tuple(results), tuple(failures), seed)


def _keep(
    data: DataSet,
    variants: Sequence[Variant],
    folder: Path,
    seed: int,
    on_event: Callable[[Event], None],
) -> DataSet:
    """Store the data set in the folder; methods then learn from the stored pictures."""
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / COMPARISON_FILE).unlink(missing_ok=True)
    stored = store_data(
        data, folder / "data", lambda: on_event(Event(variants[0].label, "fit", 0.0))
    )
    if not stored.normal:
        unread = [finding.text for finding in stored.findings if finding.role == "left over"]
        raise DetectorError(
            f"{data.name} has no normal image to learn from; every method learns from normal "
            f"images only. {unread[0] if unread else ''}".rstrip()
        )
    write_json(folder / COMPARISON_FILE, _Description(FORMAT, seed, stored, tuple(variants)))
    return open_data(stored, folder / "data")


def _run_method(
    variant: Variant,
    data: DataSet,
    split: Split,
    folder: Path,
    on_event: Callable[[Event], None],
) -> MethodResult:
    began = time.monotonic()

    def report(phase: Phase, start: float, stop: float) -> Progress:
        def tell(fraction: float, note: str = "") -> None:
            on_event(Event(variant.label, phase, fraction, time.monotonic() - began, note))

        return span(tell, start, stop)

    detector = registry.create(variant.detector, variant.params, seed=variant.seed)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for outcome in (RESULT_FILE, FAILURE_FILE):
            (folder / outcome).unlink(missing_ok=True)
    with peak_memory() as memory:
        begin = time.perf_counter()
        detector.fit(Pixels(split.train), progress=report("fit", 0.0, _FIT_SHARE))
        fit_seconds = time.perf_counter() - begin
        detector.save(folder / MODEL_FILE)
        done = len(split.held_out) / max(1, len(split.held_out) + len(data.test))
        middle = _FIT_SHARE + (1 - _FIT_SHARE) * done
        held_out = _score_all(
            detector, split.held_out, folder / "held_out", report("score", _FIT_SHARE, middle)
        )
        test = _score_all(detector, data.test, folder / "test", report("score", middle, 1.0))
    result = MethodResult(
        variant=variant,
        params=detector.params.model_dump(),
        folder=folder,
        fit_seconds=fit_seconds,
        score_seconds_per_image=float(np.mean(test or held_out)),
        peak_memory_mb=memory.rise_mb,
        model_mb=(folder / MODEL_FILE).stat().st_size / 2**20,
        maps=ScoreMaps(folder / "test", len(data.test)),
        held_out_maps=ScoreMaps(folder / "held_out", len(split.held_out)),
    )
    return _finish(result, on_event)


def _finish(result: MethodResult, on_event: Callable[[Event], None]) -> MethodResult:
    """Mark a method as finished, now that all else is written."""
    facts = _Finished(
        result.variant,
        dict(result.params),
        result.fit_seconds,
        result.score_seconds_per_image,
        result.peak_memory_mb,
        result.model_mb,
    )
    write_json(result.folder / RESULT_FILE, facts)
    on_event(Event(result.variant.label, "done", 1.0))
    return result


def _identity(variant: Variant) -> tuple[str, str, int]:
    """Equal for variants that give the same scores on one data set."""
    return variant.detector, variant.checked().model_dump_json(), variant.seed


def _take_over(
    earlier: MethodResult, variant: Variant, folder: Path, on_event: Callable[[Event], None]
) -> MethodResult:
    """Copy what an earlier run of the same variant found."""
    if earlier.folder != folder:
        shutil.rmtree(folder, ignore_errors=True)
        copy_folder(earlier.folder, folder, without=RESULT_FILE)
    result = replace(
        earlier,
        variant=variant,
        folder=folder,
        maps=ScoreMaps(folder / "test", len(earlier.maps)),
        held_out_maps=ScoreMaps(folder / "held_out", len(earlier.held_out_maps)),
    )
    return _finish(result, on_event)


def _open_method(
    variant: Variant, folder: Path, data: DataSet, split: Split
) -> MethodResult | Failure:
    if (folder / FAILURE_FILE).is_file():
        return read_json(folder / FAILURE_FILE, Failure)
    if not (folder / RESULT_FILE).is_file():
        return Failure(variant, "It was stopped before it finished.")
    facts = read_json(folder / RESULT_FILE, _Finished)
    return MethodResult(
        **vars(facts),
        folder=folder,
        maps=ScoreMaps(folder / "test", len(data.test)),
        held_out_maps=ScoreMaps(folder / "held_out", len(split.held_out)),
    )


def _score_all(
    detector: Detector, pictures: Sequence[Picture], folder: Path, progress: Progress
) -> list[float]:
    """Write the score map of every picture; returns the seconds that each took."""
    with writing(folder):
        folder.mkdir(exist_ok=True)
    seconds = []
    for index, picture in enumerate(pictures):
        image = picture.read()
        begin = time.perf_counter()
        scores = detector.score_map(
            image, progress=span(progress, index / len(pictures), (index + 1) / len(pictures))
        )
        seconds.append(time.perf_counter() - begin)
        write_array(array_path(folder, index), scores)
    return seconds


def _method_folders(folder: Path, variants: Sequence[Variant]) -> list[Path]:
    """The folder of every variant; equal only for equal labels."""
    return [
        folder / "methods" / name for name in folder_names([variant.label for variant in variants])
    ]


LONGEST_NAME = 250
"""Letters of a folder's name; file systems allow 255, and a copy bears ``.part`` for a while."""


def folder_names(labels: Sequence[str]) -> list[str]:
    """Labels as names of folders beside one another on every system, unequal for unequal labels.

    A label whose name would be too long, or that of another label but for capitals, has a digest
    at its end.
    """
    plain = [folder_name(label) for label in labels]
    owners: dict[str, set[str]] = {}
    for name, label in zip(plain, labels, strict=True):
        owners.setdefault(name.lower(), set()).add(label)
    return [
        name
        if len(owners[name.lower()]) == 1 and len(name) <= LONGEST_NAME
        else f"{name[: LONGEST_NAME - 9]}-{_digest(label)}"
        for name, label in zip(plain, labels, strict=True)
    ]


def _digest(label: str) -> str:
    return blake2b(label.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()


def folder_name(text: str, otherwise: str = "method") -> str:
    """A text as the name of a folder on every system; `otherwise` where nothing is left of it."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip(".-") or otherwise


class _MemoryWatch:
    rise_mb = 0.0


@contextmanager
def peak_memory() -> Iterator[_MemoryWatch]:
    """Watch how far the memory of this process rises above where it stood at the start."""
    process = psutil.Process()
    start = process.memory_info().rss
    watch, stop = _MemoryWatch(), threading.Event()

    def look() -> None:
        while not stop.wait(0.05):
            watch.rise_mb = max(watch.rise_mb, (process.memory_info().rss - start) / 2**20)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        stop.set()
        thread.join()
