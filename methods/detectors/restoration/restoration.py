"""What the detectors of the family share: crops in, a trained network, a score map out."""

import math
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from images.colour import Image
from images.on_demand import OnDemand
from methods.detector import Array, Detector, Explanation, Panel
from methods.detectors.restoration.heavy import parts, torch
from methods.detectors.restoration.parameters import RestorationParameters
from methods.errors import EarlierVersionError
from methods.features.lighting import UNCHANGED, Change, Lighting, measured
from methods.patches.even_border import UsualScores
from methods.patches.grid import ScoreMap
from methods.patches.patch_detector import smooth
from methods.progress import Progress, Repeating, no_progress, span
from methods.training.crops import Batch, Crops, draw_crops, reduce, to_channels
from methods.training.normal_cells import (
    PRIOR,
    Cells,
    NormalCells,
    Zones,
    as_points,
    draw_normal,
    zone_count,
    zones_of,
)
from methods.training.tiles import Place, over_tiles

N = TypeVar("N", bound="torch.nn.Module")

NORMAL = "normal."
"""Begins the names of what is learned of residuals, among the weights of the network."""
LIGHTING = "lighting"
"""The name under which the lighting of the normal images is kept."""


class RestorationDetector(Detector, Generic[N]):
    """Trains a network on random crops of normal images and scores an image by what it makes of it.

    The network is colour when a training image is, else grey; other images are turned into that.
    After training, normal images are scored once: a mixture learns which residuals are normal, and
    scores are divided by what is usual near the border (see `UsualScores`), where the network sees
    mirrored surroundings. If the parameters ask for it, all images are first brought to the
    brightness and contrast of the normal ones (see `Lighting`). Memory is bounded by a pool of
    crops while training and by a tile while scoring.
    """

    fewest_folds = 2
    single_core = True
    params: RestorationParameters
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {"steps": 250},
        "standard": {"steps": 1500, "width": 32},
        "thorough": {"steps": 5000, "width": 32},
    }
    network_: N
    channels_: int
    lighting_: Lighting | None
    """That of the normal images; None where images keep theirs."""
    normal_: "parts.NormalResiduals"
    usual_: NDArray[np.float32]

    def warm_up(self) -> None:
        parts.warm_up()

    @abstractmethod
    def _network(self, channels: int, generator: "torch.Generator") -> N:
        """An untrained network for images with that many channels, its weights drawn."""

    @abstractmethod
    def _train(self, network: N, crops: Crops, progress: Progress) -> None:
        """Train the network on the crops, from the weights that it has."""

    @abstractmethod
    def _restore_tile(self, tile: "torch.Tensor") -> "torch.Tensor":
        """What the network makes of (1, channels, h, w), in the same shape."""

    @abstractmethod
    def _restored_and_loss(self, tile: "torch.Tensor") -> "tuple[torch.Tensor, torch.Tensor]":
        """What the network makes of (1, channels, h, w), and the loss (1, 1, h, w) of its pixels.

        The loss is from zero upwards, higher = worse restored.
        """

    @property
    @abstractmethod
    def _deviation(self) -> "torch.Tensor":
        """The deviation (1, channels, 1, 1) of the normal images."""

    @property
    @abstractmethod
    def _by_likelihood(self) -> bool:
        """Whether a pixel scores how unlikely its residual is, and not the loss alone."""

    @property
    def _cell(self) -> int:
        """Side in pixels of the cells that have a score; divides the stride."""
        return 1

    @property
    @abstractmethod
    def _reach(self) -> int:
        """Pixels around a pixel that its score may depend on."""

    @property
    def tiling(self) -> tuple[int, int, int]:
        """Stride, reach and cell of the tiles in which an image is scored; see `over_tiles`."""
        return self._stride, -(-self._reach // self._stride) * self._stride, self._cell

    @property
    def by_likelihood(self) -> bool:
        """Whether a pixel scores how unlikely its residual is, and not the loss alone."""
        return self._by_likelihood

    def _autoencoder(
        self, channels: int, generator: "torch.Generator", skips: bool = False
    ) -> "parts.ConvolutionalAutoencoder":
        """The network of the family at the size that the parameters ask for."""
        return parts.ConvolutionalAutoencoder(
            channels,
            self.params.width,
            self.params.depth,
            self.params.code,
            skips,
            generator=generator,
        )

    @property
    def _stride(self) -> int:
        """Pixels of which the sides of a tile are multiples."""
        return int(2**self.params.depth)

    @property
    def _schedule(self) -> "parts.Schedule":
        return parts.Schedule(self.params.steps, self.params.batch, self.params.learning_rate)

    def _train_network(
        self,
        network: "torch.nn.Module",
        objective: "parts.Objective",
        crops: Crops,
        progress: Progress,
        length: str = "steps",
        name: str = "",
    ) -> None:
        """Train a network for the steps that the parameter `length` says; see `continuing`."""
        steps, done = getattr(self.params, length), 0
        if self._earlier is not None:
            steps -= getattr(self._earlier.params, length)
            done = self._earlier.training_[self.lengths.index(length)].step
        schedule = replace(self._schedule, steps=steps)
        parts.train(network, objective, crops, schedule, self.seed, progress, name=name, done=done)

    def _fit(self, images: Sequence[Image], progress: Progress) -> None:
        drawn, trained = self._shares(len(images))
        self.lighting_ = None
        if self.params.lighting == "matched":
            self.lighting_ = Lighting.usual([*map(Lighting.of, measured(images))])
        given = images
        images = OnDemand(len(given), lambda at: self._lit(given[at]))
        crops = draw_crops(
            images,
            self.params.crop,
            self.params.reduction,
            np.random.default_rng(self.seed),
            span(progress, 0.0, drawn),
        )
        with parts.deterministic():
            generator = torch.Generator().manual_seed(self.seed)
            network = self._network(crops.channels, generator)
            if self._earlier is not None:
                network.load_state_dict(self._earlier.network_.state_dict())
            network.to(parts.device())
            self._train(network, crops, span(progress, drawn, trained))
            self.channels_ = crops.channels
            self.network_ = network
            self._learn_what_is_usual(images, generator, span(progress, trained, 1.0))

    def _shares(self, images: int) -> tuple[float, float]:
        """The progress when crops are drawn and when the network is trained.

        To draw from an image takes about as long as a step, to learn what is usual in it twice.
        """
        steps = sum(getattr(self.params, length) for length in self.lengths or ("steps",))
        whole = steps + 3 * images
        return images / whole, (images + steps) / whole

    def _learn_what_is_usual(
        self, images: Sequence[Image], generator: "torch.Generator", progress: Progress
    ) -> None:
        """Learn which residuals are normal, and which scores are usual near the border."""
        seen = self._draw_normal(images, span(progress, 0.0, 0.8))
        self._fit_normal(seen.anywhere, generator, span(progress, 0.8, 1.0))
        usual = UsualScores(zone_count(self._cell), PRIOR)
        usual.add(seen.zones, self._score_cells(seen.cells))
        self.usual_ = usual.usual()

    def _draw_normal(self, images: Sequence[Image], progress: Progress) -> NormalCells:
        def parts_of(image: Image, share: Progress) -> tuple[Zones, Iterator[tuple[Place, Batch]]]:
            small = self._prepare(image)
            return self._zones(small), self._described(small, share)

        return draw_normal(images, parts_of, self.seed, progress)

    def _score_map(self, image: Image, progress: Progress) -> ScoreMap:
        return self._map_of(self._lit(image), progress)

    def _map_of(self, image: Image, progress: Progress) -> ScoreMap:
        """The map of an image in the lighting that the network knows."""
        height, width = image.shape[:2]
        small = self._prepare(image)
        zones = self._zones(small)
        scores = np.empty(zones.shape, dtype=np.float32)
        for place, described in self._described(small, progress):
            found = self._score_cells(as_points(described)) / self.usual_[zones[place].ravel()]
            scores[place] = found.reshape(described.shape[1:])
        scores = enlarge(scores, self._cell)[: small.shape[1], : small.shape[2]]
        scores = smooth(scores, self.params.smoothing / self.params.reduction)
        return enlarge(scores, self.params.reduction)[:height, :width]

    def _explain(self, image: Image, row: int, col: int) -> Explanation:
        rows, cols = (
            self._neighbourhood(at, length)
            for at, length in zip((row, col), image.shape, strict=False)
        )
        change = self._matching(image)
        around = change.changed(image[rows, cols])
        score = float(self._map_of(around, no_progress)[row - rows.start, col - cols.start])
        patch, restored = map(
            change.inverse().changed,
            self._patch_and_restored(around, row - rows.start, col - cols.start),
        )
        error = float(np.square(patch - restored).mean())
        return Explanation(
            score,
            f"The network reconstructs this window with a mean squared error of {error:.3g}. The "
            f"score of the pixel is {score:.3g}; the mean score of normal pixels at this "
            "distance from the border is 1.",
            (
                Panel("Patch", patch),
                Panel("Reconstruction", restored),
                Panel("Residual", patch - restored, signed=True),
            ),
        )

    def _state(self) -> dict[str, Array]:
        weights = {key: value.cpu().numpy() for key, value in self.network_.state_dict().items()}
        normal = self.normal_.state() if self._by_likelihood else {}
        return {
            "channels": np.array([self.channels_]),
            "usual": self.usual_,
            **({LIGHTING: np.array(self.lighting_)} if self.lighting_ else {}),
            **{f"{NORMAL}{key}": value for key, value in normal.items()},
            **weights,
        }

    def _restore(self, arrays: Mapping[str, Array]) -> None:
        if "usual" not in arrays:
            raise ValueError("it was saved by an earlier version; fit the method again")
        normal = {
            key.removeprefix(NORMAL): value
            for key, value in arrays.items()
            if key.startswith(NORMAL)
        }
        weights = {
            key: torch.from_numpy(value.copy())
            for key, value in arrays.items()
            if key != LIGHTING and not key.startswith(NORMAL)
        }
        self.usual_ = weights.pop("usual").numpy()
        channels = int(weights.pop("channels"))
        self.lighting_ = None
        if self.params.lighting == "matched":
            if LIGHTING not in arrays:
                raise EarlierVersionError("did not keep the lighting of the normal images")
            self.lighting_ = Lighting(*arrays[LIGHTING].tolist())
        network = self._network(channels, torch.Generator())
        network.load_state_dict(weights)
        self.channels_ = channels
        self.network_ = network.to(parts.device()).eval()
        if self._by_likelihood:
            self.normal_ = self._untrained_normal()
            self.normal_.restore(normal, parts.device())

    def _matching(self, image: Image) -> Change:
        """What brings an image to the lighting that the network knows."""
        return self.lighting_.matching(image) if self.lighting_ else UNCHANGED

    def _lit(self, image: Image) -> Image:
        """An image in the lighting that the network knows."""
        return self._matching(image).changed(image)

    def _prepare(self, image: Image) -> Batch:
        return to_channels(reduce(image, self.params.reduction), self.channels_)

    def _zones(self, small: Batch) -> Zones:
        """The zone of every cell of an image."""
        return zones_of(tuple(-(-side // self._cell) for side in small.shape[1:]), self._cell)

    def _described(self, small: Batch, progress: Progress) -> Iterator[tuple[Place, Batch]]:
        """What the scores of an image are made of, a tile at a time: see `_describe`."""

        told = Repeating(progress)

        def describe(tile: Batch) -> Batch:
            with parts.one_thread(), torch.inference_mode(), parts.interruptible(told.again):
                batch = torch.from_numpy(tile)[None].to(parts.device())
                return self._describe(batch)[0].cpu().numpy()

        stride, reach, cell = self.tiling
        return over_tiles(small, describe, stride=stride, reach=reach, cell=cell, progress=told)

    def _describe(self, tile: "torch.Tensor") -> "torch.Tensor":
        """What the score of a cell is made of: its loss and, for a likelihood, the statistics.

        (1, channels, h, w) gives (1, k, h / cell, w / cell).
        """
        restored, loss = self._restored_and_loss(tile)
        if not self._by_likelihood:
            return loss
        return torch.cat([loss, parts.residual_statistics(tile, restored, self._deviation)], dim=1)

    def _fit_normal(self, cells: Cells, generator: "torch.Generator", progress: Progress) -> None:
        """Learn from described cells (n, k) of normal images."""
        if not self._by_likelihood:
            return
        points = torch.from_numpy(cells).to(parts.device())
        self.normal_ = self._untrained_normal()
        self.normal_.fit(points[:, 0], points[:, 1:], generator, progress)

    def _untrained_normal(self) -> "parts.NormalResiduals":
        return parts.NormalResiduals()

    def _score_cells(self, cells: Cells) -> Cells:
        """The scores (n,) of described cells (n, k)."""
        if not self._by_likelihood:
            return cells[:, 0]
        with parts.one_thread(), torch.inference_mode():
            points = torch.from_numpy(cells).to(parts.device())
            return self.normal_.score(points[:, 0], points[:, 1:]).cpu().numpy()

    def _neighbourhood(self, at: int, length: int) -> slice:
        """The part of a side that decides the score at a place and fills the explanation."""
        cell = self._stride * self.params.reduction
        reach = self.params.reduction * (self._reach + self.params.crop + 2) + math.ceil(
            4 * self.params.smoothing
        )
        return slice(max(0, (at - reach) // cell * cell), min(length, at + reach + 1))

    def _patch_and_restored(self, around: Image, row: int, col: int) -> tuple[Image, Image]:
        """A window of one training crop's size around a pixel, at the reduced resolution."""
        small = self._prepare(around)
        height, width = small.shape[1:]
        padded = np.pad(
            small, ((0, 0), (0, -height % self._stride), (0, -width % self._stride)), mode="reflect"
        )
        with parts.one_thread(), torch.inference_mode():
            restored = self._restore_tile(torch.from_numpy(padded)[None].to(parts.device()))[0]
        rows, cols = (
            _window(at // self.params.reduction, length, self.params.crop)
            for at, length in ((row, height), (col, width))
        )
        patch, copy = (
            np.moveaxis(picture[:, rows, cols], 0, 2)
            for picture in (small, restored[:, :height, :width].cpu().numpy())
        )
        return (patch[..., 0], copy[..., 0]) if self.channels_ == 1 else (patch, copy)


def _window(at: int, length: int, size: int) -> slice:
    """`size` pixels around a place of a side, or the whole side when it is shorter."""
    start = min(max(at - size // 2, 0), max(length - size, 0))
    return slice(start, start + size)


def enlarge(scores: ScoreMap, factor: int) -> ScoreMap:
    """A map at `factor` times the resolution, linear between the centres of the pixels."""
    if factor == 1:
        return scores
    larger = torch.nn.functional.interpolate(
        torch.from_numpy(scores)[None, None],
        scale_factor=float(factor),
        mode="bilinear",
        align_corners=False,
    )
    return larger[0, 0].numpy()
