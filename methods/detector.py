"""The contract of a detector.

A detector is fitted on normal images alone, on these and their classes, or on the test images, as
its `needs` say, and then gives a score map for an image. The public methods here check what enters
and what leaves; a detector writes the hooks `_fit`, `_score_map`, `_explain`, `_state` and
`_restore`.
"""

import hashlib
import json
import logging
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from os import PathLike
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from images.colour import Image
from images.errors import AnomalyError
from images.on_demand import selected
from images.version import VERSION
from images.words import count
from methods.continuation import check_continues, check_same_images
from methods.errors import DetectorError as DetectorError  # taken from here by others
from methods.errors import EarlierVersionError, OtherNetworkError, UnavailableError
from methods.measured import Measured
from methods.parameters import Parameters, parse_parameters
from methods.patches.grid import ScoreMap
from methods.progress import Progress, no_progress, span
from methods.training.curve import CurveRecorder, TrainingCurve

if TYPE_CHECKING:
    from methods.features.remembered import FeatureStore

Array = NDArray[Any]

Need = Literal["normal images", "known classes", "test images", "labels"]
"""What a detector may need before it can score an image."""
Gift = Literal["map", "image score", "explanation"]
"""What a detector may give for an image."""

FORMAT = "anomaly-compare detector 1"

_CURVES = TypeAdapter(tuple[TrainingCurve, ...])


@dataclass(frozen=True)
class Panel:
    """A small picture with a title: (h, w) or (h, w, 3), any value range."""

    title: str
    picture: Image
    signed: bool = False
    """True for a residual or an atom: drawn with zero in the middle of the colours."""


@dataclass(frozen=True)
class Cloud:
    """Where a patch lies among normal ones in two quantities."""

    x_title: str
    y_title: str
    normal: NDArray[np.float32]
    """(n, 2): normal patches."""
    here: tuple[float, float]


@dataclass(frozen=True)
class Explanation:
    """What a detector saw at a pixel, what it expected, and why the score."""

    score: float
    text: str
    panels: tuple[Panel, ...] = ()
    quantities: Mapping[str, float] | None = None
    cloud: Cloud | None = None


@dataclass(frozen=True)
class ImageJudgement:
    """What a detector that `gives` an image score makes of an image as a whole."""

    score: float
    logits: Mapping[str, float] = field(default_factory=dict)
    """By known class, from a classifier; an image belongs to the class with the highest."""


class Detector(ABC):
    """Learns what is normal from `fit` and scores every pixel of an image in `score_map`.

    `fit` is given normal images, or, by a detector that needs test images, all of these, without
    their labels; it must then leave out of an image's score what it took from that image itself.

    Scores are float32 on a scale of the detector's own, higher = more anomalous, and are never
    rescaled for an image. The same seed gives the same scores; the order of the images given to
    `fit` does not matter, since they are visited in an order that their pixels decide.
    """

    name: ClassVar[str]
    """Short name with hyphens: registry, command line, file names."""
    title: ClassVar[str]
    """One line for a person."""
    summary: ClassVar[str]
    """Two sentences: what it does, and what it cannot see."""
    reference: ClassVar[str]
    """The paper."""
    fewest_folds: ClassVar[int] = 5
    """Folds of cross-fitting below which thresholds are too high, since a model that is trained on
    fewer images scores what it has not seen higher; measured, see `benchmarks.calibration`."""
    single_core: ClassVar[bool] = False
    """Whether `fit` computes on one core, so that several fits are quicker side by side."""
    needs: ClassVar[tuple[Need, ...]] = ("normal images",)
    """What `fit` learns from: normal images, their classes too, or else the test images; nothing
    where it is empty."""
    gives: ClassVar[tuple[Gift, ...]] = ("map", "explanation")
    """An image score is listed by a detector that always has one of its own, see `judge`; the
    others' is taken from the map unless their parameters ask for one."""
    cost: ClassVar[str] = ""
    """Measured times with the default parameters, for a person; empty where nobody measured."""
    choose: ClassVar[str] = ""
    """When to use it, one sentence; empty where that is open."""
    measured: ClassVar[Measured] = Measured()
    """What it reached on reference sets, and what it cost."""
    lengths: ClassVar[tuple[str, ...]] = ()
    """Parameters that say for how many steps networks are trained; none where training cannot be
    continued (see `continuing`)."""
    not_exported: ClassVar[str] = ""
    """Why it cannot be written as an ONNX graph, a clause, where that has a reason of its own; see
    `methods.export.onnx_file`."""
    Params: ClassVar[type[Parameters]]
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """Named sets of parameters, beside the defaults."""

    def __init__(
        self, params: Parameters | Mapping[str, Any] | None = None, *, seed: int = 0
    ) -> None:
        if not isinstance(params, self.Params):
            if isinstance(params, Parameters):
                raise TypeError(f"{self.name} takes its own Params, not {type(params).__name__}")
            params = parse_parameters(self.Params, params or {}, self.name)
        self.params = params
        self.seed = seed
        self.fitted = False
        self.training_: tuple[TrainingCurve, ...] = ()
        """How the loss of each network fell in `fit`, in the order of the trainings."""
        self.images_ = ""
        """Digest of the images on which it was trained; empty where an earlier version saved it."""
        self._digests: tuple[bytes, ...] = ()
        """The `digest` of each image that `_fit` is given."""
        self._classes: tuple[str, ...] = ()
        """The known class of each image that `_fit` is given, where `needs` name them."""
        self._store: FeatureStore | None = None
        self._earlier: Self | None = None

    def continuing(self, earlier: "Detector") -> Self:
        """Let `fit` start from what `earlier` learned, and train for the steps that are added.

        Both have the same parameters and seed, but for those in `lengths`: these say how many steps
        there are in all, and are larger here. An earlier detector that is not fitted yet is fitted
        first, on the same images. The weights are not those of one longer training, since the
        learning rate starts anew. Raises `DetectorError` when the two do not fit together.
        """
        check_continues(self, earlier)
        assert isinstance(earlier, type(self))
        self._earlier = earlier
        return self

    def fit(
        self,
        images: Sequence[Image],
        *,
        classes: Sequence[str | None] = (),
        progress: Progress = no_progress,
    ) -> Self:
        """Learn from the images that `needs` names; each is read again whenever it is needed.

        A detector that needs none looks at none. `classes` are those of the images, for a detector
        that needs them; others pass them over.

        Raises `DetectorError` when there is nothing to learn from, an image cannot be used or the
        detector continues one that learned from other images, and lets `Cancelled` pass; in all
        cases the detector stays unfitted.
        """
        self.fitted = False
        if not self.needs:
            images = ()
        elif not len(images):
            kind = "normal image to train on" if self.needs_normal() else "test image"
            raise DetectorError(f"{self.name} needs at least one {kind}.")
        own = self._checked_classes(classes, len(images)) if self.needs_classes() else ()
        progress(0.0)
        begin = self._fit_earlier(images, progress)
        looking = span(progress, begin, begin + 0.03)
        order, self._digests, self.images_ = _in_order_of_pixels(images, own, looking)
        ordered = selected(images, order)
        self._classes = tuple(own[at] for at in order) if own else ()
        if self._earlier is not None:
            check_same_images(self, self._earlier)
        recorder = CurveRecorder(self._earlier.training_ if self._earlier is not None else ())
        self._fit(ordered, recorder.recording(span(progress, begin + 0.03, 1.0)))
        self.training_ = recorder.curves()
        self.fitted = True
        progress(1.0)
        return self

    def score_map(self, image: Image, *, progress: Progress = no_progress) -> ScoreMap:
        """The score of every pixel, float32 (H, W)."""
        self._check_ready(image)
        progress(0.0)
        scores = self._score_map(image, progress)
        if scores.shape != image.shape[:2] or not np.isfinite(scores).all():
            raise AssertionError(
                f"{self.name} violates the detector contract: {scores.shape} {scores.dtype}"
            )
        progress(1.0)
        return np.ascontiguousarray(scores, dtype=np.float32)

    def judge(self, image: Image) -> ImageJudgement | None:
        """The score of an image as a whole, from a detector that has one of its own, else None.

        After `score_map` of the same image it costs next to nothing.
        """
        self._check_ready(image)
        return self._judge_image(image)

    def explain(self, image: Image, row: int, col: int) -> Explanation:
        """What the detector saw at a pixel, what it expected there, and why the score."""
        self._check_ready(image)
        height, width = image.shape[:2]
        if not (0 <= row < height and 0 <= col < width):
            raise DetectorError(
                f"Pixel (row {row}, column {col}) is outside an image of {width} x {height}."
            )
        return self._explain(image, row, col)

    @classmethod
    def needs_normal(cls) -> bool:
        """Whether `fit` is given normal images; else it is given the test images or needs none."""
        return "normal images" in cls.needs

    @classmethod
    def needs_classes(cls) -> bool:
        """Whether `fit` is given the known class of each normal image too."""
        return "known classes" in cls.needs

    def remember(self, store: "FeatureStore | None") -> None:
        """Keep in a store what is computed of images, for several fits on some of the same ones.

        The store is let go with None. Scores stay the same; a detector that computes nothing worth
        keeping does without.
        """
        self._store = store
        if self._earlier is not None:
            self._earlier.remember(store)

    def learned(self) -> tuple[Panel, ...]:
        """Pictures of what the detector learned, such as its dictionary; none where it has none."""
        self._check_fitted()
        return self._learned()

    def warnings(self) -> tuple[str, ...]:
        """What a person must know of the fitted model before trusting it, a sentence each.

        Such as a training that collapsed; none when all is well.
        """
        self._check_fitted()
        return self._warnings()

    def warm_up(self) -> None:  # noqa: B027
        """Load and compile what the first fit of a process would, so that it is not timed with it.

        The detector itself stays as it is.
        """

    def save(self, path: str | PathLike[str]) -> None:
        """Write the fitted detector as one safetensors file; parameters stand in its header.

        Raises `DetectorError` when it cannot be written.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import save_file

        if not self.fitted:
            raise DetectorError(f"{self.name} is not fitted yet; fit it before saving.")
        header = {
            "format": FORMAT,
            "version": VERSION,
            "detector": self.name,
            "params": self.params.model_dump_json(),
            "seed": json.dumps(self.seed),
            "images": self.images_,
            "training": _CURVES.dump_json(self.training_).decode(),
        }
        arrays = {key: np.asarray(value, order="C") for key, value in self._state().items()}
        try:
            save_file(arrays, str(path), metadata=header)
        except SafetensorError as error:
            raise DetectorError(f"{path} could not be written: {error}.") from error

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """A detector of this class that `save` wrote. Nothing in the file is executed.

        Raises `DetectorError` when the file is not one of this detector.
        """
        header, arrays = read_saved(path)
        return cls.restored(header, arrays, path)

    @classmethod
    def restored(
        cls, header: Mapping[str, str], arrays: Mapping[str, Array], path: str | PathLike[str]
    ) -> Self:
        """A detector of this class from the header and the arrays that `save` wrote.

        `path` names in errors where they come from. Raises `DetectorError` as `load` does.
        """
        if header["detector"] != cls.name:
            raise DetectorError(
                f"{path} holds a {header['detector']!r} detector, not {cls.name!r}."
            )
        try:
            detector = cls(json.loads(header["params"]), seed=int(json.loads(header["seed"])))
            detector.images_ = header.get("images", "")
            detector.training_ = _CURVES.validate_json(header.get("training", "[]"))
            detector._restore(arrays)
        except EarlierVersionError as error:
            raise DetectorError(
                f"{path} was saved by an earlier version, which {error}; fit the detector again."
            ) from error
        except OtherNetworkError as error:
            raise DetectorError(
                f"{path} belongs to {error} than are there now; fit the detector again, or use the "
                "weights that it was fitted with."
            ) from error
        except UnavailableError:
            raise
        except AnomalyError as error:
            raise DetectorError(f"{path} is damaged: {str(error).rstrip('.')}.") from error
        except Exception as error:  # of any kind, since the file may hold anything
            _log().warning("%s is damaged.", path, exc_info=error)
            raise DetectorError(f"{path} is damaged: the fitted model is incomplete.") from error
        detector.fitted = True
        return detector

    def _fit_earlier(self, images: Sequence[Image], progress: Progress) -> float:
        """Fit the detector that is continued unless it is fitted; the share that is then done."""
        if self._earlier is None or self._earlier.fitted:
            return 0.0
        before, in_all = (
            sum(getattr(detector.params, length) for length in self.lengths)
            for detector in (self._earlier, self)
        )
        share = 0.95 * float(before / in_all)
        self._earlier.fit(images, progress=span(progress, 0.0, share))
        return share

    def _checked_classes(self, classes: Sequence[str | None], number: int) -> list[str]:
        """The class of each image. Raises `DetectorError` unless there are at least two."""
        known = [each for each in classes if each]
        if len(known) < number or len(set(known)) < 2:
            raise DetectorError(
                f"{self.name} needs normal images of at least 2 known classes and the class of "
                f"each; found {count(len(set(known)), 'class', 'es')} and "
                f"{count(number - len(known), 'image')} without."
            )
        return known

    def _check_ready(self, image: Image) -> None:
        self._check_fitted()
        check_image(image)

    def _check_fitted(self) -> None:
        if not self.fitted:
            raise DetectorError(f"{self.name} is not fitted yet; fit it first.")

    @abstractmethod
    def _fit(self, images: Sequence[Image], progress: Progress) -> None:
        """Learn from the images, which come in an order that their pixels decide."""

    @abstractmethod
    def _score_map(self, image: Image, progress: Progress) -> ScoreMap:
        """Scores (H, W) of a checked image."""

    def _judge_image(self, image: Image) -> ImageJudgement | None:
        return None

    @abstractmethod
    def _explain(self, image: Image, row: int, col: int) -> Explanation:
        """The explanation for a pixel inside a checked image."""

    def _learned(self) -> tuple[Panel, ...]:
        return ()

    def _warnings(self) -> tuple[str, ...]:
        return ()

    @abstractmethod
    def _state(self) -> dict[str, Array]:
        """Everything learned, as arrays."""

    @abstractmethod
    def _restore(self, arrays: Mapping[str, Array]) -> None:
        """Take back what `_state` gave."""


def _log() -> logging.Logger:
    return logging.getLogger(__name__)


def check_image(image: Image) -> None:
    """Raise `DetectorError` unless this is a finite float32 image, (H, W) or (H, W, 3)."""
    if not isinstance(image, np.ndarray) or image.dtype != np.float32:
        found = getattr(image, "dtype", type(image).__name__)
        raise DetectorError(f"An image must be a float32 array; this one is {found}.")
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] != 3) or not image.size:
        raise DetectorError(f"An image must be (H, W) or (H, W, 3); this one is {image.shape}.")
    if not np.isfinite(image).all():
        raise DetectorError("An image must contain finite numbers; this one has NaN or infinity.")


def read_saved(path: str | PathLike[str]) -> tuple[dict[str, str], dict[str, Array]]:
    """Header and arrays of a file written by `Detector.save`."""
    with _saved(path) as (header, file):
        return header, {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118


def saved_name(path: str | PathLike[str]) -> str:
    """The name of the detector in a file written by `Detector.save`; reads no array."""
    with _saved(path) as (header, _):
        return header["detector"]


def check_header(header: Mapping[str, str], path: str | PathLike[str]) -> None:
    """Raise `DetectorError` unless `Detector.save` wrote this header, in the present format."""
    found = header.get("format", "")
    if found != FORMAT and re.fullmatch(rf"{FORMAT[:-1]}\d+", found):
        raise DetectorError(f"{path} holds {found!r}; expected {FORMAT!r}.")
    if found != FORMAT or not {"detector", "params", "seed"} <= set(header):
        raise DetectorError(f"{path} is not a detector saved by Anomaly Compare.")


@contextmanager
def _saved(path: str | PathLike[str]) -> Iterator[tuple[dict[str, str], Any]]:
    """A file written by `Detector.save`, open, with its header; raises `DetectorError`."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="numpy") as file:
            header = file.metadata() or {}
            check_header(header, path)
            yield header, file
    except (SafetensorError, OSError) as error:
        raise DetectorError(f"{path} cannot be read as a saved detector: {error}.") from error


def digest(image: Image) -> bytes:
    """16 bytes that are equal for equal pixels."""
    return hashlib.blake2b(np.ascontiguousarray(image).data, digest_size=16).digest()


def _in_order_of_pixels(
    images: Sequence[Image], classes: Sequence[str], progress: Progress
) -> tuple[list[int], tuple[bytes, ...], str]:
    """An order of the images that does not depend on that in which they were given.

    Also their digests in it, and one of them all and of their classes, where they have some.
    """
    digests = []
    for index in range(len(images)):
        image = images[index]
        check_image(image)
        own = classes[index] if classes else ""
        digests.append((image.shape, digest(image), own, index))
        progress((index + 1) / len(images))
    digests.sort()
    whole = hashlib.blake2b(digest_size=16)
    for shape, pixels, own, _ in digests:
        whole.update(f"{shape}{own}".encode() + pixels)
    return (
        [index for *_, index in digests],
        tuple(pixels for _, pixels, *_ in digests),
        whole.hexdigest(),
    )
