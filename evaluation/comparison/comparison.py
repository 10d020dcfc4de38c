"""What a comparison is: a data set, methods, and what each of them found.

A comparison is a folder that holds all that it is made of: the images and masks, then a
`comparison.json`, and for every method a folder of its own with the fitted model, the score maps of
the test images and of the normal images as float32 TIFF and a `result.json` that is written last: a
method without one is not finished. Images and score maps are read from there when asked for, so
memory does not grow with the images. The maps of normal images come from models that were not
trained on them; the model that is kept learned from all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from evaluation.comparison.cross_fit import SelfTest
from evaluation.comparison.folds import CrossFit, Split
from evaluation.comparison.storage import (
    ComparisonError,
    StoredData,
    array_path,
    folder_names,
    open_data,
    read_array,
    read_json,
)
from evaluation.comparison.tuned import Tuned
from evaluation.metrics.metrics import USUAL, Protocol
from images.dataset import DataSet
from images.on_demand import OnDemand
from images.properties import Properties
from methods import registry
from methods.detector import Detector, ImageJudgement
from methods.parameters import Parameters
from methods.patches.grid import ScoreMap
from methods.training.curve import TrainingCurve


@dataclass(frozen=True)
class Variant:
    """A method with its parameters; several variants of one method may stand in a comparison."""

    detector: str
    params: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    label: str = ""
    """What the variant is called, unique in a comparison; the detector's name unless told."""
    stages: tuple[Mapping[str, int], ...] = ()
    """Where training was continued: the `Detector.lengths` of each earlier training, in order."""
    tuned: Tuned | None = None
    """How its parameters were tuned; None where a person or the default set them."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", self.label or self.detector)

    @property
    def earlier(self) -> "Variant | None":
        """What the last of the stages was, where training was continued."""
        if not self.stages:
            return None
        return replace(self, params={**self.params, **self.stages[-1]}, stages=self.stages[:-1])

    @property
    def continued(self) -> str:
        """The stages in words: ``"continued after steps = 250"``; empty where there are none."""
        stages = [
            " and ".join(f"{name} = {steps}" for name, steps in stage.items())
            for stage in self.stages
        ]
        return f"continued after {', then '.join(stages)}" if stages else ""

    def new_detector(self) -> Detector:
        """A detector that is not fitted; its `fit` trains in the stages, one after the other.

        Raises `ParameterError` or `DetectorError`.
        """
        detector = registry.create(self.detector, self.params, seed=self.seed)
        earlier = self.earlier
        return detector.continuing(earlier.new_detector()) if earlier is not None else detector

    def checked(self) -> Parameters:
        """All parameters, defaults included; raises `ParameterError` or `DetectorError`."""
        return self.new_detector().params


Phase = Literal["fit", "calibrate", "score", "done"]


@dataclass(frozen=True)
class Event:
    """How far one method of a comparison is."""

    label: str
    phase: Phase
    fraction: float
    """Share of the time of the whole method that is over, 0 to 1."""
    seconds: float = 0.0
    """Since the method began."""
    note: str = ""
    """What is worth seeing meanwhile, such as the loss of a training."""
    seconds_left: float | None = None
    """An estimate of the time until the method is done; None where nothing can be said."""


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
class Found:
    """What one method cost and how it was run: what `result.json` holds."""

    variant: Variant
    params: Mapping[str, Any]
    """All parameters, defaults included."""
    fit_seconds: float
    """Training time on all normal images, of all stages where training was continued."""
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
    training: tuple[TrainingCurve, ...] = field(default=(), kw_only=True)
    """How the loss of each network fell, on all normal images and in each fold."""
    warnings: tuple[str, ...] = field(default=(), kw_only=True)
    """What the fitted detector warns of itself; folders of earlier versions have none."""
    judged: tuple[ImageJudgement, ...] = field(default=(), kw_only=True)
    """What it makes of each test image as a whole; empty for a detector that gives only maps."""
    normal_judged: tuple[ImageJudgement, ...] = field(default=(), kw_only=True)
    """The same of `CrossFit.calibrated`, each from a model that was not trained on it."""


@dataclass(frozen=True)
class MethodResult(Found):
    """What one method found, and what it cost."""

    folder: Path
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
    protocol: Protocol = USUAL
    """How its methods are judged, by default wherever it is opened."""

    @property
    def seed(self) -> int:
        """Decides which normal images are held out together."""
        return self.plan.seed

    @classmethod
    def open(cls, folder: Path) -> "Comparison":
        """The comparison that `run` wrote into a folder, with its images, maps and models.

        A method that was stopped before it finished is among the failures. Raises
        `ComparisonError` when the folder holds no comparison, a damaged one or one of a version
        that is not read any more; version 2 is.
        """
        description = read_description(folder)
        begun = description.begun(folder)
        own_folders = method_folders(folder, description.variants)
        found = [
            _open_method(variant, own_folder, begun)
            for variant, own_folder in zip(description.variants, own_folders, strict=True)
        ]
        return replace(
            begun,
            results=tuple(result for result in found if isinstance(result, MethodResult)),
            failures=tuple(result for result in found if isinstance(result, Failure)),
        )


FORMAT = "anomaly-compare comparison 3"
FORMAT_2 = "anomaly-compare comparison 2"
"""Where the split was not stored yet."""
COMPARISON_FILE = "comparison.json"
MODEL_FILE = "model.safetensors"
RESULT_FILE = "result.json"
FAILURE_FILE = "failure.json"
ASSESSMENT_FILE = "assessment.safetensors"
"""What was computed of a method; see `evaluation.kept_assessment`."""
CURVE_FILE = "learning-curve.json"
"""The learning curve of a comparison; see `evaluation.comparison.learning_curve`."""
NORMAL_FOLDER = "normal"
TEST_FOLDER = "test"
DATA_FOLDER = "data"

CALIBRATION_SECONDS = 20.0
"""Budget for the fits of the folds of a method, see `evaluation.comparison.expected.fold_count`."""


@dataclass(frozen=True)
class _Format:
    """What every `comparison.json` holds, whatever its version."""

    format: str


@dataclass(frozen=True)
class _Description2:
    """What `comparison.json` held in version 2, where a split was drawn anew from the seed."""

    format: str
    seed: int
    groups: tuple[int, ...]
    """For each normal image the group of those with which it shares pixels."""
    data: StoredData
    variants: tuple[Variant, ...]

    def current(self) -> "Description":
        """The same in the present version."""
        return Description(
            FORMAT,
            self.seed,
            self.groups,
            Split.draw(self.groups, self.seed),
            CALIBRATION_SECONDS,
            self.data,
            self.variants,
        )


@dataclass(frozen=True)
class Description:
    """What `comparison.json` holds: all that a method is run by."""

    format: str
    seed: int
    groups: tuple[int, ...]
    """For each normal image the group of those with which it shares pixels."""
    split: Split
    calibration_seconds: float
    data: StoredData
    variants: tuple[Variant, ...]
    version: str = ""
    """Of Anomaly Compare, which wrote it; for people, since `format` decides what can be read."""
    protocol: Protocol = USUAL
    """Folders of earlier versions have none."""

    def begun(self, folder: Path) -> Comparison:
        """The comparison in a folder, without results. Raises `ComparisonError`."""
        data = open_data(self.data, folder / DATA_FOLDER)
        if len(self.groups) != len(data.normal):
            raise ComparisonError(
                f"{folder / COMPARISON_FILE} is damaged: {len(self.groups)} groups for "
                f"{len(data.normal)} normal images."
            )
        if not self.split.fits(self.groups):
            raise ComparisonError(
                f"{folder / COMPARISON_FILE} is damaged: its split is none of its images."
            )
        return Comparison(
            data,
            CrossFit(data.normal, self.groups, self.seed, self.split),
            tuple(picture.properties for picture in self.data.normal),
            tuple(picture.properties for picture in self.data.test),
            folder,
            protocol=self.protocol,
        )


def read_description(folder: Path) -> Description:
    """What the `comparison.json` in a folder holds. Raises `ComparisonError`."""
    path = folder / COMPARISON_FILE
    if not path.is_file():
        raise ComparisonError(f"{folder} does not contain a finished comparison.")
    version = read_json(path, _Format).format
    if version not in (FORMAT, FORMAT_2):
        raise ComparisonError(
            f"{folder} holds {version!r}; expected {FORMAT!r}. Run the comparison again."
        )
    description: Description | _Description2 = (
        read_json(path, Description) if version == FORMAT else read_json(path, _Description2)
    )
    if set(description.groups) != set(range(len(set(description.groups)))):
        raise ComparisonError(f"{path} is damaged: groups are not numbered from 0.")
    if description.seed < 0:
        raise ComparisonError(f"{path} is damaged: the seed is {description.seed}.")
    return description.current() if isinstance(description, _Description2) else description


def method_folders(folder: Path, variants: Sequence[Variant]) -> list[Path]:
    """The folder of every variant; equal only for equal labels."""
    return [
        folder / "methods" / name for name in folder_names([variant.label for variant in variants])
    ]


def result_in(folder: Path, found: Found, comparison: Comparison) -> MethodResult:
    """What a method found, with the maps that lie in its folder."""
    return MethodResult(
        **vars(found),
        folder=folder,
        maps=ScoreMaps(folder / TEST_FOLDER, len(comparison.data.test)),
        normal_maps=ScoreMaps(folder / NORMAL_FOLDER, len(comparison.plan.calibrated)),
    )


def _open_method(variant: Variant, folder: Path, comparison: Comparison) -> MethodResult | Failure:
    if (folder / FAILURE_FILE).is_file():
        return read_json(folder / FAILURE_FILE, Failure)
    if not (folder / RESULT_FILE).is_file():
        return Failure(variant, "It was cancelled before it finished.")
    return result_in(folder, read_json(folder / RESULT_FILE, Found), comparison)
