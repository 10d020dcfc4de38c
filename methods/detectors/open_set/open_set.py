"""Open set recognition: a classifier of the known classes, and how little an image is of any."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from images.colour import Image
from images.roles.naming import natural_order
from methods.detector import (
    Array,
    Detector,
    Explanation,
    Gift,
    ImageJudgement,
    Need,
    Panel,
    digest,
)
from methods.detectors.open_set.heads import GaussianHead, Head, LinearHead
from methods.detectors.open_set.heavy import parts
from methods.detectors.open_set.inputs import Inputs, PretrainedInputs, SmallInputs
from methods.detectors.open_set.parameters import LARGEST_SMALL, OpenSetParameters
from methods.detectors.open_set.scores import ClassGaussians, Logits, scores_of
from methods.errors import DetectorError
from methods.patches.grid import ScoreMap
from methods.patches.patch_detector import smooth
from methods.progress import Progress, span
from methods.registry import register
from methods.training.crops import Batch, Crops

HELD_OUT = 8
"""One of so many normal images of each class is held out from training."""
POOR = 0.8
"""Share of held-out normal images that must be recognised; below, a warning is given."""
FEWEST = 8
"""Held-out images with which that share says something."""
SHOWN = 3
"""Classes that an explanation names."""


@register
class OpenSet(Detector):
    """How little an image resembles any of several known classes.

    A classifier is trained on normal images of K classes. Its last layer (see `heads`) gives logits
    for every cell of its last map, whose means are the logits of the image. One formula of `scores`
    then gives the score of the image from its logits and that of a cell from those of the cell.
    """

    name = "open-set"
    title = "Open set recognition"
    summary = (
        "Trains a classifier on normal images of several known classes. The score is how little "
        "an image resembles any of them, so images of unknown classes score high. It needs a "
        "folder for each class, and misses what all of its known classes may have, such as small "
        "scratches: the map shows where an image is unlike its class, not where a defect ends."
    )
    reference = (
        "Vaze, Han, Vedaldi and Zisserman, Open-set recognition: a good closed-set classifier is "
        "all you need, ICLR 2022; softmax: Hendrycks and Gimpel, ICLR 2017; energy: Liu et al., "
        "Energy-based out-of-distribution detection, NeurIPS 2020"
    )
    cost = "Training on 270 images of 52 x 52 pixels takes about 10 s on one core."
    not_exported = "its image score and its last layer have not been written as a graph"
    fewest_folds = 2
    single_core = True
    needs: ClassVar[tuple[Need, ...]] = ("normal images", "known classes")
    gives: ClassVar[tuple[Gift, ...]] = ("map", "image score", "explanation")
    Params = OpenSetParameters
    params: OpenSetParameters
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {"steps": 150},
        "thorough": {"steps": 2000, "width": 32},
        "published": {"head": "linear"},
    }
    classes_: tuple[str, ...]
    recognised_: tuple[int, int]
    """How many held-out normal images are recognised, and how many there are."""

    def warm_up(self) -> None:
        _ = parts.train

    def _fit(self, images: Sequence[Image], progress: Progress) -> None:
        self.classes_ = tuple(sorted(set(self._classes), key=natural_order))
        labels = np.array([self.classes_.index(each) for each in self._classes])
        inputs = self._untrained_inputs(self._takes_small(images))
        given = inputs.fit(images, span(progress, 0.0, 0.3))
        rng = np.random.default_rng(self.seed)
        training, held_out = divided(labels, rng)
        with parts.deterministic():
            network = inputs.network(len(self.classes_), self.params, self.seed)
            crops = Crops(
                parts.labelled(given[training], labels[training]),
                parts.labelled(given[held_out], labels[held_out]),
            )
            inputs.train(network, crops, self.params, self.seed, span(progress, 0.3, 0.95))
        self.inputs_, self.network_ = inputs, network
        features = parts.features_of(network, given).mean(axis=(2, 3))
        self.recognised_ = (0, 0)
        if len(held_out) < len(labels):
            judged = self._head(features[training], labels[training]).of_images(features[held_out])
            right = judged.argmax(axis=1) == labels[held_out]
            self.recognised_ = (int(right.sum()), len(right))
        self.head_ = self._head(features, labels)
        self.gaussians_ = ClassGaussians.of(self.head_.of_images(features), labels)
        self._last: tuple[tuple[object, ...], Batch] | None = None

    def _score_map(self, image: Image, progress: Progress) -> ScoreMap:
        cells = self._cell_logits(image)
        progress(0.9)
        scores = self._scores(as_rows(cells)).reshape(cells.shape[1:])
        whole = self.inputs_.to_pixels(image, scores)
        return smooth(whole, self.params.smoothing if self.inputs_.smoothed else 0.0)

    def _judge_image(self, image: Image) -> ImageJudgement:
        logits = self._image_logits(image)
        named = zip(self.classes_, logits[0].tolist(), strict=True)
        return ImageJudgement(float(self._scores(logits)[0]), dict(named))

    def _explain(self, image: Image, row: int, col: int) -> Explanation:
        cells = self._cell_logits(image)
        at = self.inputs_.cell_at(image, row, col)
        here = cells[:, at[0], at[1]][None]
        best = here[0].argsort(kind="stable")[::-1]
        whole = self._image_logits(image)
        likest = int(whole[0].argmax())
        score = float(self._scores(here)[0])
        text = (
            f"The classifier takes the image for {self.classes_[likest]} (logit "
            f"{whole[0, likest]:.3g}, image score {self._scores(whole)[0]:.3g}). Here the highest "
            f"logit is that of {self.classes_[best[0]]}, {here[0, best[0]]:.3g}, and the score of "
            f"the cell is {score:.3g}.{self.inputs_.text()}"
        )
        return Explanation(
            score,
            text,
            (
                Panel("Seen here", self.inputs_.seen(image, row, col)),
                Panel(f"Logits of {self.classes_[likest]}", cells[likest], signed=True),
            ),
            {f"Logit of {self.classes_[each]}": float(here[0, each]) for each in best[:SHOWN]},
        )

    def _warnings(self) -> tuple[str, ...]:
        right, of = self.recognised_
        if of < FEWEST or right >= POOR * of:
            return ()
        return (
            f"The classifier recognises only {right} of {of} held-out normal images of its "
            f"{len(self.classes_)} known classes. Do not rely on its scores; give it more images, "
            "or more steps.",
        )

    def _state(self) -> dict[str, Array]:
        weights = self.network_.state_dict()
        return {
            "small": np.array([isinstance(self.inputs_, SmallInputs)]),
            "classes": np.frombuffer("\n".join(self.classes_).encode(), np.uint8),
            "recognised": np.array(self.recognised_),
            **self.inputs_.state(),
            **self.head_.state(),
            **self.gaussians_.state(),
            **{f"classifier.{key}": value.cpu().numpy() for key, value in weights.items()},
        }

    def _restore(self, arrays: Mapping[str, Array]) -> None:
        self.classes_ = tuple(arrays["classes"].tobytes().decode().split("\n"))
        right, of = arrays["recognised"].tolist()
        self.recognised_ = (right, of)
        self.inputs_ = self._untrained_inputs(bool(arrays["small"][0]))
        self.inputs_.restore(arrays)
        shape = (len(self.classes_), self.inputs_.width)
        if arrays["classifier.head.weight"].shape[:2] != shape:
            raise DetectorError(f"its last layer is not that of {shape[0]} classes")
        self.network_ = self.inputs_.network(len(self.classes_), self.params, self.seed)
        parts.load(self.network_, arrays)
        head: type[Head] = GaussianHead if self.params.head == "gaussian" else LinearHead
        self.head_ = head.restored(arrays)
        self.gaussians_ = ClassGaussians.restored(arrays)
        self._last = None

    def _takes_small(self, images: Sequence[Image]) -> bool:
        if self.params.classifier != "automatic":
            return self.params.classifier == "small network"
        # They come in the order of their shapes, so that all have one when the outer two do.
        first, last = images[0].shape[:2], images[-1].shape[:2]
        return first == last and max(first) <= LARGEST_SMALL

    def _untrained_inputs(self, small: bool) -> Inputs:
        return SmallInputs(self.params) if small else PretrainedInputs(self.params)

    def _head(self, features: NDArray[np.float32], labels: NDArray[np.int64]) -> Head:
        """The last layer, fitted on the features (n, d) of images, or as it was trained."""
        if self.params.head == "gaussian":
            return GaussianHead.of(features, labels)
        return LinearHead(*parts.last_layer(self.network_))

    def _cell_logits(self, image: Image) -> Batch:
        """The logits (K, rows, columns) of the cells of an image; those of the last are kept."""
        key = (image.shape, digest(image))
        if self._last is None or self._last[0] != key:
            features = parts.features_of(self.network_, self.inputs_.cells(image)[None])[0]
            self._last = key, self.head_.of_cells(features)
        return self._last[1]

    def _image_logits(self, image: Image) -> Logits:
        """The logits (1, K) of an image."""
        return self._cell_logits(image).mean(axis=(1, 2), dtype=np.float64)[None].astype(np.float32)

    def _scores(self, logits: Logits) -> NDArray[np.float32]:
        return scores_of(logits, self.params.score, self.params.temperature, self.gaussians_)


def divided(
    labels: NDArray[np.int64], rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The images to train on and those held out: one of eight of each class, drawn at random.

    All of them twice where each class has fewer than eight.
    """
    held_out: list[int] = []
    for each in np.unique(labels):
        own = rng.permutation(np.flatnonzero(labels == each))
        held_out += own[: len(own) // HELD_OUT].tolist()
    every = np.arange(len(labels))
    if not held_out:
        return every, every
    return np.setdiff1d(every, held_out), np.sort(np.array(held_out))


def as_rows(cells: Batch) -> Logits:
    """Logits (K, rows, columns) of cells as (n, K)."""
    return np.ascontiguousarray(cells.reshape(len(cells), -1).T)
