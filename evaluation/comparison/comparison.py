"""Run several detectors on one data set and keep what they found.

A comparison is a folder that holds all that it is made of: the images and masks, then a
`comparison.json`, and for every method a folder of its own with the fitted model, the score maps of
the test images and of the normal images as float32 TIFF and a `result.json` that is written last: a
method without one is not finished. Images and score maps are read from there when asked for, so
memory does not grow with the images. The maps of normal images come from models that were not
trained on them; the model that is kept learned from all.
"""

import re
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal

import numpy as np

from evaluation.comparison.costs import alone, peak_memory, stopwatch
from evaluation.comparison.cross_fit import SelfTest, affordable_folds, cross_fit
from evaluation.comparison.folds import CrossFit
from evaluation.comparison.storage import (
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
from images.properties import Properties
from images.shared_pixels import groups_of
from methods import registry
from methods.detector import Detector, DetectorError
from methods.features.remembered import FeatureStore
from methods.parameters import Parameters
from methods.patches.grid import ScoreMap
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


Phase = Literal["fit", "calibrate", "score", "done"]


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
            raise ComparisonError(f"{path} is not a score map; expected float32 (H, W).")
        return scores


@dataclass(frozen=True)
class MethodResult:
    """What one method found, and what it cost."""

    variant: Variant
    params: Mapping[str, Any]
    """All parameters, defaults included."""
    folder: Path
    fit_seconds: float
    """Training time on all normal images."""
    calibration_seconds: float
    """Time to fit and score the folds."""
    folds: int
    """How many models scored the normal images that they were not trained on."""
    self_test: SelfTest
    score_seconds_per_image: float
    """Mean inference time per image, without reading its file."""
    peak_memory_mb: float
    """Increase in the memory of the process while the method ran."""
    disturbed: bool
    """Whether another comparison ran meanwhile, so that times and memory are not its own."""
    model_mb: float
    maps: ScoreMaps
    """Scores of the test images, in the order of the data set."""
    normal_maps: ScoreMaps
    """Scores of `CrossFit.calibrated`, each from a model that was not trained on it."""

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
    plan: CrossFit
    """Which normal images are held out together."""
    normal_properties: tuple[Properties, ...]
    test_properties: tuple[Properties, ...]
    folder: Path
    results: tuple[MethodResult, ...] = ()
    failures: tuple[Failure, ...] = ()

    @property
    def seed(self) -> int:
        """Decides which normal images are held out together."""
        return self.plan.seed

    @classmethod
    def open(cls, folder: Path) -> "Comparison":
        """The comparison that `run` wrote into a folder, with its images, maps and models.

        A method that was stopped before it finished is among the failures. Raises
        `ComparisonError` when the folder holds no comparison or a damaged one.
        """
        if not (folder / COMPARISON_FILE).is_file():
            raise ComparisonError(f"{folder} does not contain a finished comparison.")
        version = read_json(folder / COMPARISON_FILE, _Format).format
        if version != FORMAT:
            raise ComparisonError(
                f"{folder} holds {version!r}; expected {FORMAT!r}. Run the comparison again."
            )
        description = read_json(folder / COMPARISON_FILE, _Description)
        begun = _begun(description, folder)
        folders = _method_folders(folder, description.variants)
        found = [
            _open_method(variant, own_folder, begun)
            for variant, own_folder in zip(description.variants, folders, strict=True)
        ]
        return replace(
            begun,
            results=tuple(result for result in found if isinstance(result, MethodResult)),
            failures=tuple(result for result in found if isinstance(result, Failure)),
        )


FORMAT = "anomaly-compare comparison 2"
COMPARISON_FILE = "comparison.json"
MODEL_FILE = "model.safetensors"
RESULT_FILE = "result.json"
FAILURE_FILE = "failure.json"
NORMAL_FOLDER = "normal"
TEST_FOLDER = "test"

CALIBRATION_SECONDS = 5.0
"""Time for the fits of the folds of a method; more folds are fitted as long as they keep to it."""

_FITTED, _CALIBRATED = 0.3, 0.7
"""Share of a method that is done when it is fitted and when it is calibrated."""
_TOO_EARLY = 0.05
"""Share of a method before which nothing is said of the time left."""


@dataclass(frozen=True)
class _Format:
    """What every `comparison.json` holds, whatever its version."""

    format: str


@dataclass(frozen=True)
class _Description:
    """What `comparison.json` holds."""

    format: str
    seed: int
    groups: tuple[int, ...]
    """For each normal image the group of those with which it shares pixels."""
    data: StoredData
    variants: tuple[Variant, ...]


@dataclass(frozen=True)
class _Finished:
    """What `result.json` holds."""

    variant: Variant
    params: dict[str, Any]
    fit_seconds: float
    calibration_seconds: float
    folds: int
    self_test: SelfTest
    score_seconds_per_image: float
    peak_memory_mb: float
    disturbed: bool
    model_mb: float


def run(
    data: DataSet,
    variants: Sequence[Variant],
    folder: Path,
    *,
    seed: int = 0,
    known: Sequence[MethodResult] = (),
    calibration_seconds: float = CALIBRATION_SECONDS,
    on_begin: Callable[[Comparison], None] = lambda comparison: None,
    on_event: Callable[[Event], None] = lambda event: None,
    on_result: Callable[[MethodResult | Failure], None] = lambda result: None,
) -> Comparison:
    """Fit every variant on the normal images, calibrate it and score the test images.

    A method is calibrated by cross-fitting (`evaluation.comparison.folds`) with as many folds as
    fit into `calibration_seconds`, from two to ten. `on_begin` is handed the comparison without
    results: its data set holds the pictures that could be read. A result in `known` with the
    method, parameters and seed of a variant is taken over instead of running it again; it must come
    from the same data set and seed.

    A method that fails is reported as a `Failure` and the rest goes on. `Cancelled` raised from
    `on_event` stops everything and passes through; methods that had finished were handed to
    `on_result` before. Raises `DetectorError` when there is no variant, no normal image to learn
    from or two variants have one label, and `ParameterError` for a wrong parameter, before anything
    runs.
    """
    if not variants:
        raise DetectorError("No method was given; expected at least one.")
    labels = [variant.label for variant in variants]
    folders = _method_folders(folder, variants)
    if len(set(folders)) < len(labels):
        raise DetectorError(f"Two methods have the same name: {', '.join(labels)}.")
    for variant in variants:
        variant.checked()
    begun = _keep(data, variants, folder, seed, on_event)
    on_begin(begun)
    earlier = {_identity(result.variant): result for result in known}
    results: list[MethodResult] = []
    failures: list[Failure] = []
    for variant, own_folder in zip(variants, folders, strict=True):
        try:
            if _identity(variant) in earlier:
                result = _take_over(earlier[_identity(variant)], variant, own_folder, on_event)
            else:
                result = _run_method(variant, begun, own_folder, calibration_seconds, on_event)
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
    return replace(begun, results=tuple(results), failures=tuple(failures))


def _keep(
    data: DataSet,
    variants: Sequence[Variant],
    folder: Path,
    seed: int,
    on_event: Callable[[Event], None],
) -> Comparison:
    """Store the data set in the folder; methods then learn from the stored pictures."""

    def tell() -> None:
        on_event(Event(variants[0].label, "fit", 0.0))

    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        # Until all is stored this one tells whoever reads the folder what the images in it are.
        (folder / COMPARISON_FILE).with_suffix(".part").touch()
        (folder / COMPARISON_FILE).unlink(missing_ok=True)
    stored = store_data(data, folder / "data", tell)
    if not stored.normal:
        unread = [finding.text for finding in stored.findings if finding.role == "not used"]
        raise DetectorError(
            f"{data.name} has no normal images; all methods are trained on normal images. "
            f"{unread[0] if unread else ''}".rstrip()
        )
    groups = groups_of(Pixels(open_data(stored, folder / "data").normal), tell)
    description = _Description(FORMAT, seed, tuple(groups), stored, tuple(variants))
    write_json(folder / COMPARISON_FILE, description)
    return _begun(description, folder)


def _begun(description: _Description, folder: Path) -> Comparison:
    """The comparison without results."""
    data = open_data(description.data, folder / "data")
    if len(description.groups) != len(data.normal):
        raise ComparisonError(
            f"{folder / COMPARISON_FILE} is damaged: {len(description.groups)} groups for "
            f"{len(data.normal)} normal images."
        )
    return Comparison(
        data,
        CrossFit(data.normal, description.groups, description.seed),
        tuple(picture.properties for picture in description.data.normal),
        tuple(picture.properties for picture in description.data.test),
        folder,
    )


def _run_method(
    variant: Variant,
    comparison: Comparison,
    folder: Path,
    calibration_seconds: float,
    on_event: Callable[[Event], None],
) -> MethodResult:
    began = time.monotonic()

    def report(phase: Phase, start: float, stop: float) -> Progress:
        def tell(fraction: float, note: str = "") -> None:
            on_event(Event(variant.label, phase, fraction, time.monotonic() - began, note))

        return span(tell, start, stop)

    data, plan = comparison.data, comparison.plan
    with writing(folder):
        for subfolder in (NORMAL_FOLDER, TEST_FOLDER):
            (folder / subfolder).mkdir(parents=True, exist_ok=True)
        for outcome in (RESULT_FILE, FAILURE_FILE):
            (folder / outcome).unlink(missing_ok=True)
    with alone() as watch, peak_memory() as memory:
        with tempfile.TemporaryDirectory(dir=folder, prefix="features-") as scratch:
            store = FeatureStore(Path(scratch))

            def new_detector() -> Detector:
                new = registry.create(variant.detector, variant.params, seed=variant.seed)
                new.remember(store)
                return new

            detector = new_detector()
            with stopwatch() as fitting:
                detector.fit(Pixels(plan.normal), progress=report("fit", 0.0, _FITTED))
            detector.remember(None)
            detector.save(folder / MODEL_FILE)
            count = affordable_folds(plan, fitting.seconds - store.seconds, calibration_seconds)
            with stopwatch() as calibrating:
                self_test = cross_fit(
                    new_detector,
                    plan,
                    count,
                    partial(_keep_map, folder / NORMAL_FOLDER),
                    report("calibrate", _FITTED, _CALIBRATED),
                )
        seconds = _score_all(
            detector, data.test, folder / TEST_FOLDER, report("score", _CALIBRATED, 1.0)
        )
    result = MethodResult(
        variant=variant,
        params=detector.params.model_dump(),
        folder=folder,
        fit_seconds=fitting.seconds,
        calibration_seconds=calibrating.seconds,
        folds=count,
        self_test=self_test,
        score_seconds_per_image=float(np.mean(seconds)) if seconds else 0.0,
        peak_memory_mb=memory.rise_mb,
        disturbed=watch.disturbed,
        model_mb=(folder / MODEL_FILE).stat().st_size / 2**20,
        maps=ScoreMaps(folder / TEST_FOLDER, len(data.test)),
        normal_maps=ScoreMaps(folder / NORMAL_FOLDER, len(plan.calibrated)),
    )
    return _finish(result, on_event)


def _finish(result: MethodResult, on_event: Callable[[Event], None]) -> MethodResult:
    """Mark a method as finished, now that all else is written."""
    names = [each.name for each in fields(_Finished)]
    facts = _Finished(**{name: getattr(result, name) for name in names})
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
        maps=ScoreMaps(folder / TEST_FOLDER, len(earlier.maps)),
        normal_maps=ScoreMaps(folder / NORMAL_FOLDER, len(earlier.normal_maps)),
    )
    return _finish(result, on_event)


def _open_method(variant: Variant, folder: Path, comparison: Comparison) -> MethodResult | Failure:
    if (folder / FAILURE_FILE).is_file():
        return read_json(folder / FAILURE_FILE, Failure)
    if not (folder / RESULT_FILE).is_file():
        return Failure(variant, "It was cancelled before it finished.")
    facts = read_json(folder / RESULT_FILE, _Finished)
    return MethodResult(
        **vars(facts),
        folder=folder,
        maps=ScoreMaps(folder / TEST_FOLDER, len(comparison.data.test)),
        normal_maps=ScoreMaps(folder / NORMAL_FOLDER, len(comparison.plan.calibrated)),
    )


def _score_all(
    detector: Detector, pictures: Sequence[Picture], folder: Path, progress: Progress
) -> list[float]:
    """Write the score map of every picture; returns the seconds that each took."""
    seconds = []
    for index, picture in enumerate(pictures):
        image = picture.read()
        with stopwatch() as scoring:
            scores = detector.score_map(
                image, progress=span(progress, index / len(pictures), (index + 1) / len(pictures))
            )
        seconds.append(scoring.seconds)
        write_array(array_path(folder, index), scores)
    return seconds


def _keep_map(folder: Path, place: int, scores: ScoreMap) -> None:
    write_array(array_path(folder, place), scores)


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
