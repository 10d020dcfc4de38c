"""Students that learn a teacher's features of normal images, and miss them elsewhere."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from images.colour import Image, to_grey
from images.on_demand import OnDemand
from methods.detector import Array, Cloud, Detector, DetectorError, Explanation, Panel
from methods.detectors.distillation.cells import (
    CELL,
    MARGIN,
    Share,
    around,
    crop_size,
    divide,
    draw_crops,
)
from methods.detectors.distillation.heavy import parts, torch
from methods.detectors.distillation.parameters import StudentTeacherParameters
from methods.detectors.distillation.scores import NormalScores, differences, uncertainties
from methods.detectors.distillation.triplet_teacher import TripletTeacher
from methods.features.backbones import registry as backbones
from methods.features.network import NetworkFeatures
from methods.features.patch_features import Band, PatchFeatures
from methods.features.remembered import RememberedFeatures
from methods.measured import Measured
from methods.models.moments import without_zeros
from methods.parameters import as_text
from methods.patches.even_border import sides_and_corners
from methods.patches.grid import ScoreMap
from methods.patches.patch_detector import share_done, smooth, window_of
from methods.progress import Progress, span
from methods.registry import register
from methods.training.crops import Crops, saved_channels

FINEST_STAGE = 4
"""A stage of the default network with cells of 8 pixels, for a teacher that does without it."""
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


@dataclass(frozen=True)
class Found:
    """What students and teacher say of n consecutive cells of an image."""

    missed: Floats
    """(fields, n, d): see `differences`."""
    uncertain: Floats
    """(fields, n): see `uncertainties`."""
    zones: NDArray[np.int64]
    """(n,): see `sides_and_corners`."""
    cells: slice

    def of(self, chosen: NDArray[np.bool_]) -> "Found":
        """That of some of the cells."""
        missed, uncertain = self.missed[:, chosen], self.uncertain[:, chosen]
        return Found(missed, uncertain, self.zones[chosen], self.cells)


@register
class StudentTeacher(Detector):
    """Error of students that regress a teacher's features on normal images, and how they disagree.

    The teacher is a pretrained network, frozen, or a small one (see `TripletTeacher`). With y(r, c)
    its standardised features of a cell and mu_i(r, c) what student i of M makes of the pixels
    around it,

        L(S_i) = 1/(w h) sum_(r,c) || mu_i(r,c) - y(r,c) ||^2
        e = || mean_i mu_i - y ||^2
        v = 1/M sum_i || mu_i ||^2 - || mean_i mu_i ||^2
        A = (e - mean_e) / std_e + (v - mean_v) / std_v

    (Bergmann et al. 2020). The score is A with `uncertainty`, its first term alone without or with
    M = 1; the mean over the receptive fields where there are several. Means and deviations are
    those of cells of normal images that no student was trained on (see `divide`); crops of the same
    images tell when training stops. Unlike in the paper, the receptive fields of a student share
    its first layers, cells lie 8 pixels apart, e and v are divided by what is usual near the border
    first, and the teacher's own field is larger than the students'.

    The teacher sees each normal image twice at most; students learn from a pool of crops with its
    features. Memory: 256 MiB for the pool, and as much while it is made.
    """

    name = "student-teacher"
    title = "Student and teacher"
    summary = (
        "Trains small networks, the students, to predict the features that a pretrained network, "
        "the teacher, has of normal images. The score is how far they are from it. It misses "
        "defects that students predict as well as normal texture, and needs images that show all "
        "normal variety."
    )
    choose = "Normal images show much variety, and minutes of training are no matter."
    measured = Measured(0.981, 0.995, 78, 1.5, fixed=0.9)
    reference = (
        "Bergmann, Fauser, Sattlegger and Steger, Uninformed students: student-teacher anomaly "
        "detection with discriminative latent embeddings, CVPR 2020"
    )
    cost = (
        "Training takes five to seven times as long as that of the autoencoder, inference five "
        "times."
    )
    single_core = True
    Params = StudentTeacherParameters
    params: StudentTeacherParameters
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {"students": 1, "steps": 150},
        "thorough": {"students": 5, "steps": 1200, "width": 32},
        "self-supervised": {"teacher": "self-supervised", "error": "whitened"},
        "published": {
            "students": 5,
            "uncertainty": True,
            "receptive_fields": (17, 33, 65),
            "steps": 600,
            "width": 32,
        },
    }

    def warm_up(self) -> None:
        _ = parts.train
        if self.params.teacher == "self-supervised":
            return
        for _ in self.params.network_features().bands(np.zeros((64, 64), dtype=np.float32)):
            pass

    def _fit(self, images: Sequence[Image], progress: Progress) -> None:
        rng = np.random.default_rng(self.seed)
        self.sight_ = self._sight()
        sizes = [images[at].shape for at in range(len(images))]
        self.channels_ = 3 if any(len(size) == 3 for size in sizes) else 1
        seen = OnDemand(len(images), lambda at: self._as_learned(images[at]))
        self.sight_.fit(seen)
        shares = self._shares(sizes)
        self.teacher_ = self._teacher()
        if isinstance(self.teacher_, TripletTeacher):
            self.teacher_.learn(seen, self.seed, span(progress, 0.0, 0.3))
            progress = span(progress, 0.3, 1.0)
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

    def _sight(self) -> NetworkFeatures:
        """What decides how images are scaled and lit; raises `DetectorError` for large cells."""
        if self.params.teacher == "self-supervised":
            own = {"backbone": backbones.DEFAULT, "stages": (FINEST_STAGE,)}
            return self.params.model_copy(update=own).network_features()
        sight = self.params.network_features()
        if sight.cell != CELL:
            raise DetectorError(
                f"{self.name}.stages is {as_text(self.params.stages)}, with cells of {sight.cell} "
                f"pixels; expected a first stage with cells of at most {CELL} pixels."
            )
        return sight

    def _teacher(self) -> NetworkFeatures | TripletTeacher:
        if self.params.teacher == "self-supervised":
            return TripletTeacher(self.sight_, self.channels_)
        return self.sight_

    @property
    def _dimensions(self) -> int:
        """Features that the teacher gives for a cell."""
        if isinstance(self.teacher_, TripletTeacher):
            return self.teacher_.dimensions
        return sum(stage.channels for stage in self.teacher_.stages)

    def _as_learned(self, image: Image) -> Image:
        return to_grey(image) if self.channels_ == 1 else image

    def _shares(self, sizes: Sequence[tuple[int, ...]]) -> list[Share]:
        """Which cells to learn from; raises `DetectorError` for a single image too small for it."""
        try:
            return divide([self.sight_.grid(*size[:2]).shape for size in sizes])
        except DetectorError as error:
            height, width = sizes[0][:2]
            raise DetectorError(f"The image is {width} x {height} pixels; {error}.") from None

    def _remembered(self) -> PatchFeatures:
        if self._store is None or not self.teacher_.costly:
            return self.teacher_
        return RememberedFeatures(self.teacher_, self._store)

    def _draw_crops(
        self,
        images: Sequence[Image],
        shares: Sequence[Share],
        rng: np.random.Generator,
        progress: Progress,
    ) -> Crops:
        """Packed crops of all images; features are standardised by those learned from."""
        kinds = [[getattr(share, kind) for share in shares] for kind in ("learned", "held_out")]
        sizes = [crop_size(parts) for parts in kinds]
        images_of = [sum(not part.empty for part in parts) for parts in kinds]
        most = POOL_BYTES // self._bytes_of_crop(sizes[0])
        counts = [max(1, most // images_of[0]), -(-HELD_OUT // images_of[1])]
        drawn: tuple[list[Floats], list[Floats]] = ([], [])
        for index, parts_of_image in enumerate(zip(*kinds, strict=True)):
            image = images[index]
            seen, bands = self._seen(image), [*self._remembered().bands(image)]
            for kept, inside, size, count in zip(drawn, parts_of_image, sizes, counts, strict=True):
                if not inside.empty:
                    kept += draw_crops(seen, bands, inside, size, count, rng)
            progress((index + 1) / len(shares))
        training, apart = np.stack(drawn[0]), np.stack(drawn[1])
        self._standardise(training, apart)
        return Crops(training, apart)

    def _bytes_of_crop(self, size: tuple[int, int]) -> int:
        rows, columns = (side + 2 * MARGIN // CELL for side in size)
        return 4 * (self._dimensions + self.channels_ * CELL**2) * rows * columns

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
        return self.sight_.seen(image, MARGIN)[: self.channels_]

    def _student(self, generator: "torch.Generator") -> "parts.CellNetwork":
        return parts.CellNetwork(
            self.channels_,
            self.params.width,
            self.params.fields(),
            self._dimensions,
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
        """Learn what errors and uncertainties are normal, on cells kept from the students."""
        visited = [at for at, share in enumerate(shares) if not share.held_out.empty]
        visited = visited[:: -(-len(visited) // VISITED)]
        parts_found = []
        for visit, index in enumerate(visited):
            shape = self.sight_.grid(*images[index].shape[:2]).shape
            inside = shares[index].held_out.mask(shape)
            chosen = self._drawn(inside, self._zones(shape), JUDGED // len(visited), rng)
            share = span(progress, visit / len(visited), (visit + 1) / len(visited))
            for found in self._found(images[index], share):
                parts_found.append(found.of(chosen[found.cells]))
        missed = np.concatenate([found.missed for found in parts_found], axis=1)
        uncertain = np.concatenate([found.uncertain for found in parts_found], axis=1)
        zones = np.concatenate([found.zones for found in parts_found])
        whiten = self.params.error == "whitened"
        count = 1 + 8 * self.sight_.border
        self.normal_ = [
            NormalScores.of(*each, zones, count, whiten)
            for each in zip(missed, uncertain, strict=True)
        ]
        some = slice(None, None, -(-len(zones) // SHOWN))
        shown = Found(missed[:, some], uncertain[:, some], zones[some], some)
        self.shown_ = np.stack([each.mean(axis=0) for each in self._standardised(shown)], axis=1)

    def _drawn(
        self,
        inside: NDArray[np.bool_],
        zones: NDArray[np.int64],
        count: int,
        rng: np.random.Generator,
    ) -> NDArray[np.bool_]:
        """Random cells of those `inside`: `count` of all, of those in corners, and along sides."""
        corners = 1 + 4 * self.sight_.border
        drawn = np.zeros(len(inside), dtype=bool)
        for kind in (zones >= 0, zones >= corners, zones > 0):
            drawn[rng.permutation(np.flatnonzero(inside & kind))[:count]] = True
        return drawn

    def _zones(self, shape: tuple[int, int]) -> NDArray[np.int64]:
        return sides_and_corners(shape, self.sight_.border)

    def _found(self, image: Image, progress: Progress) -> Iterator[Found]:
        """What students and teacher say of an image, a few rows of cells at a time."""
        seen = self._seen(image)
        for band in self._remembered().bands(image):
            columns = band.grid.shape[1]
            zones = self._zones(band.grid.shape)
            step = max(1, AT_ONCE // columns) * columns
            for first in range(0, len(band.patches), step):
                part = Band(band.patches[first : first + step], band.first + first, band.grid)
                size = len(part.patches) // columns, columns
                pixels = around(seen, part.first // columns, 0, size)
                yield self._compared(pixels, part, zones[part.cells])
                progress(share_done(part))

    def _compared(self, pixels: Floats, band: Band, zones: NDArray[np.int64]) -> Found:
        """What students make of the pixels of cells, compared with the teacher's features."""
        features = (band.patches - self.mean_) / self.deviation_
        outputs = self._students_of(pixels)
        missed = np.stack([differences(each, features) for each in outputs])
        uncertain = np.stack([uncertainties(each) for each in outputs])
        return Found(missed, uncertain, zones, band.cells)

    def _students_of(self, pixels: Floats) -> Floats:
        """What the students say of cells, (fields, M, n, d), given their pixels."""
        with parts.one_thread(), torch.inference_mode():
            batch = torch.from_numpy(np.ascontiguousarray(pixels))[None].to(parts.device())
            outputs = [student(batch)[0].flatten(2) for student in self.students_]
            return torch.stack(outputs, dim=1).transpose(2, 3).cpu().numpy()

    def _standardised(self, found: Found) -> tuple[Floats, Floats]:
        """Error and uncertainty (fields, n), for which see `NormalScores.standardised`.

        A single student is never uncertain.
        """
        of_fields = [
            normal.standardised(missed, uncertain, found.zones)
            for normal, missed, uncertain in zip(
                self.normal_, found.missed, found.uncertain, strict=True
            )
        ]
        error, uncertainty = (np.stack(each) for each in zip(*of_fields, strict=True))
        return error, uncertainty if self.params.students > 1 else np.zeros_like(error)

    def _scores(self, error: Floats, uncertainty: Floats) -> Floats:
        return error + uncertainty if self.params.adds_uncertainty else error

    def _score_map(self, image: Image, progress: Progress) -> ScoreMap:
        image = self._as_learned(image)
        grid = self.sight_.grid(*image.shape[:2])
        scores = np.empty(grid.shape, dtype=np.float32)
        for found in self._found(image, progress):
            scores.ravel()[found.cells] = self._scores(*self._standardised(found)).mean(axis=0)
        return smooth(self.sight_.to_pixels(grid, scores), self.params.smoothing)

    def _explain(self, image: Image, row: int, col: int) -> Explanation:
        image = self._as_learned(image)
        grid = self.sight_.grid(*image.shape[:2])
        cell_row, cell_col = grid.nearest(row, col)
        band = self.teacher_.at(image, cell_row, cell_col)
        pixels = around(self._seen(image), cell_row, cell_col, (1, 1))
        found = self._compared(pixels, band, self._zones(grid.shape)[band.cells])
        error, uncertainty = (each[:, 0] for each in self._standardised(found))
        here = float(error.mean()), float(uncertainty.mean())
        score = float(self._scores(error, uncertainty).mean())
        alone = self.params.students == 1
        return Explanation(
            score,
            self._text(*here) + self.sight_.text(),
            (Panel("Seen here", window_of(image, grid, cell_row, cell_col)),),
            self._quantities(
                {"Error": error} if alone else {"Error": error, "Uncertainty": uncertainty}
            ),
            None if alone else Cloud("Error", "Uncertainty", self.shown_, here),
        )

    def _text(self, error: float, uncertainty: float) -> str:
        said = (
            f"{error:+.3g} standard deviations from the mean error of cells of normal images that "
            "no student was trained on"
        )
        if self.params.students == 1:
            return f"The student's error, its distance from the teacher's features, is {said}."
        what = "the sum of both" if self.params.adds_uncertainty else "the error"
        return (
            f"The students' error, the distance of their mean from the teacher's features, is "
            f"{said}; their uncertainty, by how much they differ, is {uncertainty:+.3g} from its "
            f"mean. The score is {what}."
        )

    def _quantities(self, values: Mapping[str, Floats]) -> dict[str, float]:
        """Means over the receptive fields, and the value of each field where there are several."""
        found = {name: float(each.mean()) for name, each in values.items()}
        fields = self.params.fields()
        if len(fields) > 1:
            for name, each in values.items():
                for field, value in zip(fields, each.tolist(), strict=True):
                    found[f"{name}, {field} pixels"] = value
        return found

    def _state(self) -> dict[str, Array]:
        state: dict[str, Array] = {
            "channels": np.array([self.channels_]),
            "mean": self.mean_,
            "deviation": self.deviation_,
            "shown": self.shown_,
            **self.sight_.state(),
        }
        if isinstance(self.teacher_, TripletTeacher):
            state |= {f"teacher.{key}": value for key, value in self.teacher_.state().items()}
        for number, normal in enumerate(self.normal_):
            state |= {f"normal.{number}.{key}": value for key, value in normal.state().items()}
        for number, student in enumerate(self.students_):
            weights = student.state_dict().items()
            state |= {f"student.{number}.{key}": value.cpu().numpy() for key, value in weights}
        return state

    def _restore(self, arrays: Mapping[str, Array]) -> None:
        self.channels_ = saved_channels(arrays)
        self.mean_, self.deviation_ = arrays["mean"], arrays["deviation"]
        self.shown_ = arrays["shown"]
        self.sight_ = self._sight()
        self.teacher_ = self._teacher()
        if isinstance(self.teacher_, TripletTeacher):
            self.teacher_.restore(_below("teacher.", arrays))
        self.sight_.restore(arrays)
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
