"""What the detectors of the family share: crops in, a trained network, a score map out."""

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

import numpy as np
from pydantic import Field, model_validator

from images.colour import Image
from methods.autoencoder.crops import Batch, Crops, draw_crops, reduce, to_channels
from methods.autoencoder.tiles import over_tiles
from methods.detector import Array, Detector, DetectorError, Explanation, Panel
from methods.parameters import Parameters
from methods.patch_detector import smooth
from methods.patches import ScoreMap
from methods.progress import Progress, no_progress, span

if TYPE_CHECKING:
    from torch import Tensor, nn

    from methods.autoencoder.network import ConvolutionalAutoencoder
    from methods.autoencoder.training import Schedule


N = TypeVar("N", bound="nn.Module")


class RestorationParameters(Parameters):
    """What every training of the family has to be told."""

    reduction: int = Field(
        2,
        ge=1,
        le=8,
        title="Reduction",
        description="Work at 1 / this of the image's resolution: quicker, and a wider view.",
    )
    crop: int = Field(
        64,
        ge=32,
        le=256,
        title="Crop size",
        description="Side of a training crop in pixels of the reduced image, a multiple of 16.",
    )
    width: int = Field(
        16,
        ge=4,
        le=128,
        title="Width",
        description="Channels of the first layer; deeper ones have up to four times as many.",
    )
    depth: int = Field(
        3,
        ge=2,
        le=4,
        title="Depth",
        description="Layers of the encoder; each halves the resolution.",
    )
    code: int = Field(
        16,
        ge=1,
        le=512,
        title="Code size",
        description="Numbers in a cell of the code. A cell stands for a square of 2^depth pixels; "
        "a large code restores defects too.",
    )
    steps: int = Field(
        250, ge=1, le=100_000, title="Steps", description="Batches to train on, at most."
    )
    batch: int = Field(16, ge=2, le=256, title="Batch", description="Crops in a step.")
    learning_rate: float = Field(
        2e-3,
        gt=0,
        le=0.1,
        title="Learning rate",
        description="Step size of Adam at the start; it falls to zero along a cosine.",
    )
    smoothing: float = Field(
        8.0, ge=0, le=50, title="Smoothing", description="Gaussian over the score map, pixels."
    )

    @model_validator(mode="after")
    def _crop_is_a_multiple(self) -> Self:
        if self.crop % 16:
            raise ValueError(f"crop is {self.crop}; expected a multiple of 16 from 32 to 256")
        return self


class RestorationDetector(Detector, Generic[N]):
    """Trains a network on random crops of normal images and scores an image by what it makes of it.

    The network is colour when a training image is, else grey; other images are turned into that.
    Memory is bounded by a pool of crops while training and by a tile while scoring.
    """

    params: RestorationParameters
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {"steps": 250},
        "standard": {"steps": 1500, "width": 32},
        "thorough": {"steps": 5000, "width": 32},
    }
    network_: N
    channels_: int

    @abstractmethod
    def _network(self, channels: int) -> N:
        """An untrained network for images with that many channels."""

    @abstractmethod
    def _train(self, network: N, crops: Crops, progress: Progress) -> None:
        """Train the network on the crops."""

    @abstractmethod
    def _restore_tile(self, tile: "Tensor") -> "Tensor":
        """What the network makes of (1, channels, h, w), in the same shape."""

    @abstractmethod
    def _score_tile(self, tile: "Tensor") -> "Tensor":
        """The score (1, 1, h, w) of the pixels of (1, channels, h, w)."""

    @property
    @abstractmethod
    def _reach(self) -> int:
        """Pixels around a pixel that its score may depend on."""

    def _autoencoder(self, channels: int, skips: bool = False) -> "ConvolutionalAutoencoder":
        """The network of the family at the size that the parameters ask for."""
        from methods.autoencoder.network import ConvolutionalAutoencoder

        return ConvolutionalAutoencoder(
            channels, self.params.width, self.params.depth, self.params.code, skips
        )

    @property
    def _stride(self) -> int:
        """Pixels of which the sides of a tile are multiples."""
        return int(2**self.params.depth)

    @property
    def _schedule(self) -> "Schedule":
        from methods.autoencoder.training import Schedule

        return Schedule(self.params.steps, self.params.batch, self.params.learning_rate)

    def _fit(self, images: Sequence[Image], progress: Progress) -> None:
        from methods.autoencoder.training import device, reproducible

        try:
            crops = draw_crops(
                images,
                self.params.crop,
                self.params.reduction,
                np.random.default_rng(self.seed),
                span(progress, 0.0, 0.1),
            )
        except DetectorError as error:
            raise DetectorError(f"{self.name}: {error}") from error
        with reproducible(self.seed):
            network = self._network(crops.channels).to(device())
            self._train(network, crops, span(progress, 0.1, 1.0))
        self.channels_ = crops.channels
        self.network_ = network

    def _score_map(self, image: Image, progress: Progress) -> ScoreMap:
        height, width = image.shape[:2]
        small = self._prepare(image)
        scores = self._over_tiles(small, progress)
        scores = smooth(scores, self.params.smoothing / self.params.reduction)
        return enlarge(scores, self.params.reduction)[:height, :width]

    def _explain(self, image: Image, row: int, col: int) -> Explanation:
        rows, cols = (
            self._neighbourhood(at, length)
            for at, length in zip((row, col), image.shape, strict=False)
        )
        around = image[rows, cols]
        score = float(self._score_map(around, no_progress)[row - rows.start, col - cols.start])
        patch, restored = self._patch_and_restored(around, row - rows.start, col - cols.start)
        error = float(np.square(patch - restored).mean())
        return Explanation(
            score,
            f"The network restores this window with a mean squared error of {error:.3g}; the pixel "
            f"scores {score:.3g}.",
            (
                Panel("Patch", patch),
                Panel("Restored", restored),
                Panel("Residual", patch - restored, signed=True),
            ),
        )

    def _state(self) -> dict[str, Array]:
        weights = {key: value.cpu().numpy() for key, value in self.network_.state_dict().items()}
        return {"channels": np.array([self.channels_]), **weights}

    def _restore(self, arrays: Mapping[str, Array]) -> None:
        import torch

        from methods.autoencoder.training import device, reproducible

        weights = {key: torch.from_numpy(value.copy()) for key, value in arrays.items()}
        channels = int(weights.pop("channels"))
        with reproducible(self.seed):
            network = self._network(channels)
        network.load_state_dict(weights)
        self.channels_ = channels
        self.network_ = network.to(device()).eval()

    def _prepare(self, image: Image) -> Batch:
        return to_channels(reduce(image, self.params.reduction), self.channels_)

    def _over_tiles(self, small: Batch, progress: Progress) -> ScoreMap:
        import torch

        from methods.autoencoder.training import device, one_thread

        def score(tile: Batch) -> ScoreMap:
            with torch.inference_mode():
                found = self._score_tile(torch.from_numpy(tile)[None].to(device()))
                return found[0, 0].cpu().numpy()

        reach = -(-self._reach // self._stride) * self._stride
        with one_thread():
            return over_tiles(small, score, stride=self._stride, reach=reach, progress=progress)

    def _neighbourhood(self, at: int, length: int) -> slice:
        """The part of a side that decides the score at a place and fills the explanation."""
        cell = self._stride * self.params.reduction
        reach = self.params.reduction * (self._reach + self.params.crop + 2) + math.ceil(
            4 * self.params.smoothing
        )
        return slice(max(0, (at - reach) // cell * cell), min(length, at + reach + 1))

    def _patch_and_restored(self, around: Image, row: int, col: int) -> tuple[Image, Image]:
        """A window of one training crop's size around a pixel, at the reduced resolution."""
        import torch

        from methods.autoencoder.training import device

        small = self._prepare(around)
        height, width = small.shape[1:]
        padded = np.pad(
            small, ((0, 0), (0, -height % self._stride), (0, -width % self._stride)), mode="reflect"
        )
        with torch.inference_mode():
            restored = self._restore_tile(torch.from_numpy(padded)[None].to(device()))[0]
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
    import torch

    larger = torch.nn.functional.interpolate(
        torch.from_numpy(scores)[None, None],
        scale_factor=float(factor),
        mode="bilinear",
        align_corners=False,
    )
    return larger[0, 0].numpy()
