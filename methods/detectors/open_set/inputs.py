"""What the classifier is given of an image: the small image itself, or pretrained features."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from images.colour import Image
from methods.detector import Array
from methods.detectors.open_set.heavy import parts
from methods.detectors.open_set.parameters import OpenSetParameters
from methods.patches.grid import PatchGrid, ScoreMap
from methods.patches.patch_detector import window_of
from methods.progress import Progress
from methods.training.crops import Batch, Crops, saved_channels, to_channels

if TYPE_CHECKING:
    from methods.detectors.open_set.networks.classifier import PooledClassifier
    from methods.training.loop import Objective


class Inputs(ABC):
    """The way from an image to what the classifier is given, and back from its cells."""

    smoothed: ClassVar[bool]
    """Whether maps are smoothed."""
    width: int
    """Features of a cell in the last layer of the classifier."""

    @abstractmethod
    def fit(self, images: Sequence[Image], progress: Progress) -> Batch:
        """Adapt to normal images; what the classifier is trained with, (n, channels, h, w)."""

    @abstractmethod
    def cells(self, image: Image) -> Batch:
        """What the classifier is given of an image, (channels, h, w)."""

    @abstractmethod
    def network(self, classes: int, params: OpenSetParameters, seed: int) -> "PooledClassifier":
        """An untrained classifier."""

    @abstractmethod
    def train(
        self,
        network: "PooledClassifier",
        crops: Crops,
        params: OpenSetParameters,
        seed: int,
        progress: Progress,
    ) -> None:
        """Train the classifier on labelled images."""

    @abstractmethod
    def to_pixels(self, image: Image, scores: ScoreMap) -> ScoreMap:
        """The scores (rows, columns) of the cells of an image put on its pixels (H, W)."""

    @abstractmethod
    def cell_at(self, image: Image, row: int, col: int) -> tuple[int, int]:
        """Row and column of the cell at a pixel."""

    @abstractmethod
    def seen(self, image: Image, row: int, col: int) -> Image:
        """The part of an image that the cell at a pixel stands for."""

    def text(self) -> str:
        """What an explanation says of how the images were prepared."""
        return ""

    @abstractmethod
    def state(self) -> dict[str, Array]:
        """What `fit` found, as arrays."""

    @abstractmethod
    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Restore what `state` returned."""


class SmallInputs(Inputs):
    """Images resized to a square, colour when a normal image is."""

    smoothed = False

    def __init__(self, params: OpenSetParameters) -> None:
        self.side = params.side
        self.changes = params.changes
        self.width = 4 * params.width
        self.channels_ = 1

    def fit(self, images: Sequence[Image], progress: Progress) -> Batch:
        small = []
        for index in range(len(images)):
            planes = np.moveaxis(np.atleast_3d(images[index]), 2, 0)
            small.append(parts.resized(planes, self.side))
            progress((index + 1) / len(images))
        self.channels_ = max(map(len, small))
        return np.stack([np.repeat(each, self.channels_ // len(each), axis=0) for each in small])

    def cells(self, image: Image) -> Batch:
        return parts.resized(to_channels(image, self.channels_), self.side)

    def network(self, classes: int, params: OpenSetParameters, seed: int) -> "PooledClassifier":
        return parts.small_classifier(self.channels_, classes, params.width, params.decay, seed)

    def train(
        self,
        network: "PooledClassifier",
        crops: Crops,
        params: OpenSetParameters,
        seed: int,
        progress: Progress,
    ) -> None:
        schedule = parts.Schedule(params.steps, params.batch, params.learning_rate)
        objective: Objective = network.loss
        if self.changes != "none":
            objective = parts.Varied(network.loss, self.changes == "any turn")
        parts.standardise(network, crops.training)
        parts.train(network, objective, crops, schedule, seed, progress)

    def to_pixels(self, image: Image, scores: ScoreMap) -> ScoreMap:
        return parts.stretched(scores, image.shape[0], image.shape[1])

    def cell_at(self, image: Image, row: int, col: int) -> tuple[int, int]:
        count = self.side // parts.CELL
        return row * count // image.shape[0], col * count // image.shape[1]

    def seen(self, image: Image, row: int, col: int) -> Image:
        small = self.cells(image)
        return small[0] if len(small) == 1 else np.moveaxis(small, 0, 2)

    def state(self) -> dict[str, Array]:
        return {"channels": np.array([self.channels_])}

    def restore(self, arrays: Mapping[str, Array]) -> None:
        self.channels_ = saved_channels(arrays)


class PretrainedInputs(Inputs):
    """The activations of a pretrained network, which is not trained here."""

    smoothed = True

    def __init__(self, params: OpenSetParameters) -> None:
        self.features = params.network_features()
        self.width = sum(stage.channels for stage in self.features.stages)

    def fit(self, images: Sequence[Image], progress: Progress) -> Batch:
        self.features.fit(images)
        pooled = []
        for index in range(len(images)):
            pooled.append(self.cells(images[index]).mean(axis=(1, 2), keepdims=True))
            progress((index + 1) / len(images))
        return np.stack(pooled)

    def cells(self, image: Image) -> Batch:
        patches = np.concatenate([band.patches for band in self.features.bands(image)])
        rows, columns = self._grid(image).shape
        return np.ascontiguousarray(patches.T.reshape(-1, rows, columns))

    def network(self, classes: int, params: OpenSetParameters, seed: int) -> "PooledClassifier":
        return parts.given_classifier(self.width, classes, params.decay, seed)

    def train(
        self,
        network: "PooledClassifier",
        crops: Crops,
        params: OpenSetParameters,
        seed: int,
        progress: Progress,
    ) -> None:
        parts.standardise(network, crops.training)
        if params.head == "linear":
            schedule = parts.Schedule(params.steps, params.batch, params.learning_rate)
            parts.train(network, network.loss, crops, schedule, seed, progress)

    def to_pixels(self, image: Image, scores: ScoreMap) -> ScoreMap:
        return self.features.to_pixels(self._grid(image), scores)

    def cell_at(self, image: Image, row: int, col: int) -> tuple[int, int]:
        return self._grid(image).nearest(row, col)

    def seen(self, image: Image, row: int, col: int) -> Image:
        grid = self._grid(image)
        return window_of(image, grid, *grid.nearest(row, col))

    def text(self) -> str:
        return self.features.text()

    def state(self) -> dict[str, Array]:
        return self.features.state()

    def restore(self, arrays: Mapping[str, Array]) -> None:
        self.features.restore(arrays)

    def _grid(self, image: Image) -> PatchGrid:
        return self.features.grid(*image.shape[:2])
