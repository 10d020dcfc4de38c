"""Students that learn a teacher's features of normal images, and miss them elsewhere."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from images.colour import Image, to_grey
from images.on_demand import OnDemand
from methods.detector import Array, Cloud, Detector, DetectorError, Explanation, Panel
from methods.detectors.distillation.cells import (
    CELL,
    MARGIN,
    MOST,
    Share,
    around,
    divide,
    draw_crops,
)
from methods.detectors.distillation.heavy import parts, torch
from methods.detectors.distillation.scores import NormalScores
from methods.features.network import ActivationParameters, NetworkFeatures, StageNumber
from methods.features.patch_features import Band, PatchFeatures
from methods.features.remembered import RememberedFeatures
from methods.models.moments import without_zeros
from methods.patches.grid import ScoreMap
from methods.patches.patch_detector import share_done, smooth, window_of
from methods.progress import Progress, span
from methods.registry import register
from methods.training.crops import Crops

POOL_BYTES = 256 * 2**20
"""Memory for the crops that students learn from."""
HELD_OUT = 16
"""Crops that tell when training stops."""
JUDGED = 8192
"""Held-out cells that tell what errors are normal."""
VISITED = 8
"""Images from which these are drawn."""
SHOWN = 500
"""Of these, drawn beside the pixel that is explained."""
AT_ONCE = 4096
"""Cells that go through a student at once."""

Floats = NDArray[np.float32]


class StudentTeacherParameters(ActivationParameters):
    stages: tuple[StageNumber, ...] = Field(
        (3, 4, 5, 6),
        min_length=1,
        title="Stages",
        description="Stages of the teacher whose activations the students learn, separated by "
        "commas; the first must have cells of at most 8 pixels. Stage 1 is the stem. Later stages "
        "have a larger field of view and a coarser grid.",
    )
    students: int = Field(
        3,
        ge=1,
        le=20,
        title="Students",
        description="Number of student networks. Their disagreement is the uncertainty, which "
        "a single student does not have.",
    )
    receptive_fields: tuple[Literal[17, 33, 65], ...] = Field(
        (17, 33, 65),
        min_length=1,
        title="Receptive fields",
        description="Pixels around a cell that a student sees, at the scale of the network. The "
        "score is the mean over the fields.",
    )
    error: Literal["whitened", "squared"] = Field(
        "whitened",
        title="Error",
        description="whitened: the Mahalanobis distance of the difference between students and "
        "teacher, so that features that students miss on normal images count less; or the "
        "squared difference, as published.",
    )
    hard_share: float = Field(
        1.0,
        gt=0,
        le=1,
        title="Hard features",
        description="Share of the squared differences in a batch, the largest, that training "
        "minimises; 1 for all. EfficientAD uses 0.001.",
    )
    width: int = Field(
        16,
        ge=4,
        le=128,
        title="Width",
        description="Channels of a student's first layer. Deeper layers have up to four times as "
        "many.",
    )
    steps: int = Field(
        150,
        ge=1,
        le=100_000,
        title="Steps",
        description="Maximum number of training batches for each student.",
    )
    batch: int = Field(8, ge=2, le=256, title="Batch", description="Crops per step.")
    learning_rate: float = Field(
        3e-3,
        gt=0,
        le=0.1,
        title="Learning rate",
        description="Initial learning rate of Adam. It decreases to zero with a cosine schedule.",
    )
    smoothing: float = Field(
        4.0,
        ge=0,
        le=50,
        title="Smoothing",
        description="Standard deviation of the Gaussian smoothing of the score map, in pixels.",
    )

    def fields(self) -> tuple[int, ...]:
        """The chosen receptive fields, each once, in rising order."""
        return tuple(sorted(set(self.receptive_fields)))


@dataclass(frozen=True)
class Outputs:
    """What students (fields, M, n, d) and teacher (n, d) say of n consecutive cells of an image."""

    students: Floats
    teacher: Floats
    cells: slice


@register
class StudentTeacher(Detector):
    """Error and disagreement of students that regress a teacher's features on normal images."""

    name = "student-teacher"
    title = "Student and teacher"
    summary = (
        "Trains small networks to predict what a pretrained network sees in normal images. The "
        "score is how far they are from it and from each other."
    )
    reference = (
        "Bergmann, Fauser, Sattlegger and Steger, Uninformed students: student-teacher anomaly "
        "detection with discriminative latent embeddings, CVPR 2020"
    )
    single_core = True
    Params = StudentTeacherParameters
    params: StudentTeacherParameters
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {"students": 1, "steps": 100},
        "thorough": {"students": 5, "steps": 600, "width": 32},
        "published": {"students": 5, "error": "squared", "steps": 600, "width": 32},
    }

    def warm_up(self) -> None:
        _ = parts.train
        for _ in self.params.network_features().bands(np.zeros((64, 64), dtype=np.float32)):
            pass

    def _fit(self, images: Sequence[Image], progress: Progress) -> None:
        rng = np.random.default_rng(self.seed)
        self.features_ = self._features()
        self.channels_ = 3 if any(images[at].ndim == 3 for at in range(len(images))) else 1
        seen = OnDemand(len(images), lambda at: self._as_learned(images[at]))
        self.features_.fit(seen)
        shares = self._shares(seen)
        crops = self._draw_crops(seen, shares, rng, span(progress, 0.0, 0.3))
        with parts.deterministic():
            generator = torch.Generator().manual_seed(self.seed)
            self.students_ = []
            for number in range(self.params.students):
                part = span(
                    progress,
                    0.3 + 0.6 * number / self.params.students,
                    0.3 + 0.6 * (number + 1) / self.params.students,
                )
                self.students_.append(self._trained(crops, generator, part))
        self._judge_normal(seen, shares, rng, span(progress, 0.9, 1.0))

    def _features(self) -> NetworkFeatures:
        """The teacher's features; raises `DetectorError` when their cells are too large."""
        features = self.params.network_features()
        if features.cell != CELL:
            raise DetectorError(
                f"{self.name}.stages is {','.join(map(str, self.params.stages))}, with cells of "
                f"{features.cell} pixels; expected a first stage with cells of at most {CELL} "
                "pixels."
            )
        return features

    def _as_learned(self, image: Image) -> Image:
        return to_grey(image) if self.channels_ == 1 else image

    def _shares(self, images: Sequence[Image]) -> list[Share]:
        shapes = [
            self.features_.grid(*images[at].shape[:2]).shape for at in range(len(images))
        ]
        try:
            return divide(shapes)
        except DetectorError as error:
            height, width = images[0].shape[:2]
            raise DetectorError(f"The image is {width} x {height} pixels; {error}.") from None

    def _remembered(self) -> PatchFeatures:
        if self._store is None:
            return self.features_
        return RememberedFeatures(self.features_, self._store)

    def _draw_crops(
        self,
        images: Sequence[Image],
        shares: Sequence[Share],
        rng: np.random.Generator,
        progress: Progress,
    ) -> Crops:
        """Packed crops of all images; features are standardised by those learned from."""
        learned = [share.learned.shape for share in shares if min(share.learned.shape) > 0]
        held_out = [share.held_out.shape for share in shares if min(share.held_out.shape) > 0]
        sizes = [tuple(np.min([*shapes, (MOST, MOST)], axis=0).tolist()) for shapes in (learned, held_out)]
        channels = sum(stage.channels for stage in self.features_.stages) + self.channels_ * CELL**2
        around_one = 2 * MARGIN // CELL
        bytes_each = 4 * channels * (sizes[0][0] + around_one) * (sizes[0][1] + around_one)
        counts = [max(1, POOL_BYTES // bytes_each // len(learned)), -(-HELD_OUT // len(held_out))]
        drawn: tuple[list[Floats], list[Floats]] = ([], [])
        for index, share in enumerate(shares):
            image = images[index]
            seen = self._seen(image)
            for kept, inside, size, count in zip(
                drawn, (share.learned, share.held_out), sizes, counts, strict=True
            ):
                if min(inside.shape) > 0:
                    bands = self._remembered().bands(image)
                    kept += draw_crops(seen, bands, inside, size, count, rng)
            progress((index + 1) / len(shares))
        training, apart = np.stack(drawn[0]), np.stack(drawn[1])
        self._standardise(training, apart)
        return Crops(training, apart)

    def _standardise(self, training: Floats, held_out: Floats) -> None:
        """Learn mean and deviation of the features in packed crops, and standardise those."""
        first, beyond = self.channels_ * CELL**2, MARGIN // CELL
        inner = slice(beyond, -beyond)
        features = training[:, first:, inner, inner]
        self.mean_ = features.mean(axis=(0, 2, 3))
        self.deviation_ = without_zeros(features.std(axis=(0, 2, 3))).astype(np.float32)
        for packed in (training, held_out):
            part = packed[:, first:, inner, inner]
            part -= self.mean_[:, None, None]
            part /= self.deviation_[:, None, None]

    def _seen(self, image: Image) -> Floats:
        """The image as the teacher sees it, with the surroundings of its cells."""
        return self.features_.seen(image, MARGIN)[: self.channels_]

    def _student(self, generator: "torch.Generator") -> "parts.CellNetwork":
        return parts.CellNetwork(
            self.channels_,
            self.params.width,
            self.params.fields(),
            sum(stage.channels for stage in self.features_.stages),
            generator=generator,
        )

    def _trained(
        self, crops: Crops, generator: "torch.Generator", progress: Progress
    ) -> "parts.CellNetwork":
        student = self._student(generator).to(parts.device())
        pixels = crops.training[:, : self.channels_ * CELL**2]
        pixels = pixels.reshape(len(pixels), self.channels_, -1, 1)
        student.standardise(torch.from_numpy(pixels))
        objective = parts.regression_objective(student, self.channels_, self.params.hard_share)
        schedule = parts.Schedule(self.params.steps, self.params.batch, self.params.learning_rate)
        seed = int(torch.randint(2**31, (1,), generator=generator))
        parts.train(student, objective, crops, schedule, seed, progress)
        return student

    def _judge_normal(
        self,
        images: Sequence[Image],
        shares: Sequence[Share],
        rng: np.random.Generator,
        progress: Progress,
    ) -> None:
        """Learn what errors and uncertainties are normal, on cells that no student learned from."""
        chosen = [at for at, share in enumerate(shares) if min(share.held_out.shape) > 0]
        chosen = chosen[:: -(-len(chosen) // VISITED)]
        outputs, features = [], []
        for visit, index in enumerate(chosen):
            grid = self.features_.grid(*images[index].shape[:2])
            held_out = np.flatnonzero(shares[index].held_out.mask(grid.shape))
            drawn = np.zeros(grid.shape[0] * grid.shape[1], dtype=bool)
            drawn[rng.permutation(held_out)[: JUDGED // len(chosen)]] = True
            share = span(progress, visit / len(chosen), (visit + 1) / len(chosen))
            for found in self._outputs(images[index], share):
                outputs.append(found.students[:, :, drawn[found.cells]])
                features.append(found.teacher[drawn[found.cells]])
        students, teacher = np.concatenate(outputs, axis=2), np.concatenate(features)
        whiten = self.params.error == "whitened"
        self.normal_ = [NormalScores.of(each, teacher, whiten) for each in students]
        some = slice(None, None, -(-len(teacher) // SHOWN))
        error, uncertainty = self._standardised(students[:, :, some], teacher[some])
        self.shown_ = np.stack([error, uncertainty], axis=1)

    def _outputs(self, image: Image, progress: Progress) -> Iterator[Outputs]:
        """What students and teacher say of an image, a few rows of cells at a time."""
        seen = self._seen(image)
        for band in self._remembered().bands(image):
            columns = band.grid.shape[1]
            step = max(1, AT_ONCE // columns)
            for first in range(0, len(band.patches), step * columns):
                patches = band.patches[first : first + step * columns]
                begin = band.first + first
                size = len(patches) // columns, columns
                pixels = around(seen, begin // columns, 0, size)
                yield Outputs(
                    self._students_of(pixels),
                    (patches - self.mean_) / self.deviation_,
                    slice(begin, begin + len(patches)),
                )
                progress(share_done(Band(patches, begin, band.grid)))

    def _students_of(self, pixels: Floats) -> Floats:
        """What the students say of cells, (fields, M, n, d), given their pixels."""
        with parts.one_thread(), torch.inference_mode():
            batch = torch.from_numpy(np.ascontiguousarray(pixels))[None].to(parts.device())
            outputs = [student(batch)[0].flatten(2) for student in self.students_]
            return torch.stack(outputs, dim=1).transpose(2, 3).cpu().numpy()

    def _standardised(self, students: Floats, teacher: Floats) -> tuple[Floats, Floats]:
        """Error and uncertainty (n,) as means over the receptive fields."""
        found = [
            normal.standardised(outputs, teacher)
            for normal, outputs in zip(self.normal_, students, strict=True)
        ]
        error = np.mean([each for each, _ in found], axis=0)
        doubts = [each for _, each in found if each is not None]
        return error, np.mean(doubts, axis=0) if doubts else np.zeros_like(error)

    def _score_map(self, image: Image, progress: Progress) -> ScoreMap:
        image = self._as_learned(image)
        grid = self.features_.grid(*image.shape[:2])
        scores = np.empty(grid.shape, dtype=np.float32)
        for found in self._outputs(image, progress):
            error, uncertainty = self._standardised(found.students, found.teacher)
            scores.ravel()[found.cells] = error + uncertainty
        return smooth(self.features_.to_pixels(grid, scores), self.params.smoothing)

    def _explain(self, image: Image, row: int, col: int) -> Explanation:
        image = self._as_learned(image)
        grid = self.features_.grid(*image.shape[:2])
        cell_row, cell_col = grid.nearest(row, col)
        band = self.features_.at(image, cell_row, cell_col)
        pixels = around(self._seen(image), cell_row, cell_col, (1, 1))
        teacher = (band.patches - self.mean_) / self.deviation_
        students = self._students_of(pixels)
        error, uncertainty = (float(each[0]) for each in self._standardised(students, teacher))
        quantities = {"error": error, "uncertainty": uncertainty}
        alone = self.params.students == 1
        text = (
            f"The students are {error:.3g} standard deviations farther from the teacher than is "
            "usual on normal images."
        )
        return Explanation(
            error + uncertainty,
            text + self.features_.text(),
            (Panel("Seen here", window_of(image, grid, cell_row, cell_col)),),
            {"error": error} if alone else quantities,
            None
            if alone
            else Cloud("Error", "Uncertainty", self.shown_, (error, uncertainty)),
        )

    def _state(self) -> dict[str, Array]:
        state: dict[str, Array] = {
            "channels": np.array([self.channels_]),
            "mean": self.mean_,
            "deviation": self.deviation_,
            "shown": self.shown_,
            **self.features_.state(),
        }
        for number, normal in enumerate(self.normal_):
            state |= {f"normal.{number}.{key}": value for key, value in normal.state().items()}
        for number, student in enumerate(self.students_):
            weights = student.state_dict().items()
            state |= {f"student.{number}.{key}": value.cpu().numpy() for key, value in weights}
        return state

    def _restore(self, arrays: Mapping[str, Array]) -> None:
        self.channels_ = int(arrays["channels"][0])
        self.mean_, self.deviation_ = arrays["mean"], arrays["deviation"]
        self.shown_ = arrays["shown"]
        self.features_ = self._features()
        self.features_.restore(arrays)
        self.normal_ = [
            NormalScores.restored(_below(f"normal.{number}.", arrays))
            for number in range(len(self.params.fields()))
        ]
        self.students_ = []
        for number in range(self.params.students):
            student = self._student(torch.Generator())
            held = _below(f"student.{number}.", arrays)
            student.load_state_dict({key: torch.from_numpy(np.array(held[key])) for key in held})
            self.students_.append(student.to(parts.device()).eval())


def _below(prefix: str, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """The arrays whose names begin with a prefix, without it."""
    return {
        key.removeprefix(prefix): value for key, value in arrays.items() if key.startswith(prefix)
    }
