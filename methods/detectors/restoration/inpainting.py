"""Inpainting: what a network puts in the place of hidden squares, against what was there."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from methods.detectors.restoration.heavy import parts, torch
from methods.detectors.restoration.parameters import RestorationParameters
from methods.detectors.restoration.restoration import RestorationDetector
from methods.effort import FREE, takes
from methods.measured import Measured
from methods.parameters import batch_field, steps_field
from methods.progress import Progress
from methods.registry import register
from methods.training.crops import Crops

PERIOD = 32
"""Pixels after which the masks repeat when an image is scored, so that tiles agree."""


class InpaintingParameters(RestorationParameters):
    steps: int = steps_field(400, 0.9)
    batch: int = batch_field(6, 0.9, "Crops per step; each is used once per mask.")
    squares: tuple[Literal[2, 4, 8, 16], ...] = Field(
        (2, 4, 8),
        min_length=1,
        title="Squares",
        description="Side lengths of the hidden squares in pixels of the reduced image. Each "
        "size needs one reconstruction.",
        json_schema_extra=takes(inference=1),
    )
    masks: int = Field(
        3,
        ge=2,
        le=4,
        title="Masks",
        description="Number of disjoint masks per size; each hides 1 / this of the image.",
        json_schema_extra=takes(training=1, inference=1, of_training=0.9),
    )
    skips: bool = Field(
        True,
        title="Skip connections",
        description="Connect encoder and decoder layers directly. The squares stay hidden.",
        json_schema_extra=FREE,
    )
    error_weight: float = Field(
        0.01,
        ge=0,
        le=100,
        title="Error weight",
        description="Weight of the squared error in the loss, in units of the variance of the "
        "images. The squared error ranks smooth defects below normal texture: with "
        "the loss as score, pixel AUROC on nanofibre micrographs was 0.82 with all "
        "weights 1 and 0.92 with 0.01, 1 and 0.01.",
        json_schema_extra=FREE,
    )
    structure_weight: float = Field(
        1.0,
        ge=0,
        le=100,
        title="SSIM weight",
        description="Weight of 1 - SSIM in the loss.",
        json_schema_extra=FREE,
    )
    gradient_weight: float = Field(
        0.01,
        ge=0,
        le=100,
        title="Gradient weight",
        description="Weight of the dissimilarity of gradient magnitudes in the loss.",
        json_schema_extra=FREE,
    )

    score: Literal["likelihood", "loss", "l2"] = Field(
        "likelihood",
        title="Score",
        description="likelihood: how unlikely residual and contrast are on normal images, plus "
        "the loss; or the loss per pixel, as published; or the squared error. The "
        "loss alone ranks defects that are smoother than the texture below normal.",
        json_schema_extra=FREE,
    )

    def sides(self) -> tuple[int, ...]:
        """The chosen sides, each once, in rising order."""
        return tuple(sorted(set(self.squares)))


@register
class Inpainting(RestorationDetector["parts.ConvolutionalAutoencoder"]):
    """Difference between an image and what a network inpaints from the surroundings."""

    name = "inpainting"
    title = "Inpainting"
    summary = (
        "Hides squares of several sizes and fills them with a network trained on normal images. "
        "The score is how unusual image and filling are. It misses defects that are larger than "
        "a square and can be predicted from their surroundings. It is slow: pixel AUROC on a "
        "wire grid was 0.93 in several times the time of padim, which had 0.99."
    )
    choose = "Defects are small and stand out from a predictable surrounding."
    measured = Measured(0.938, 0.929, 15, 0.8, fixed=0.8)
    reference = (
        "Zavrtanik, Kristan, Skočaj, Reconstruction by inpainting for visual anomaly detection, "
        "Pattern Recognition 2021"
    )
    cost = (
        "Training on 5 images of 1024 x 700 pixels takes about 15 s, inference 0.8 s per image, "
        "on two cores. Training takes about three minutes with the preset standard."
    )
    lengths = ("steps",)
    Params = InpaintingParameters
    params: InpaintingParameters
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {"steps": 400},
        "standard": {"steps": 2000, "width": 24},
        "thorough": {"steps": 6000, "width": 32, "squares": (2, 4, 8, 16)},
        "published": {"score": "loss", "error_weight": 1.0, "gradient_weight": 1.0},
    }

    def _network(
        self, channels: int, generator: "torch.Generator"
    ) -> "parts.ConvolutionalAutoencoder":
        return self._autoencoder(channels, generator, self.params.skips)

    def _train(
        self, network: "parts.ConvolutionalAutoencoder", crops: Crops, progress: Progress
    ) -> None:
        network.standardise(torch.from_numpy(crops.training))
        sides = self.params.sides()

        def objective(batch: "torch.Tensor", generator: "torch.Generator") -> "torch.Tensor":
            side = sides[int(torch.randint(len(sides), (1,), generator=generator))]
            masks = parts.random_masks(batch.shape[2:], side, self.params.masks, generator)
            return self._residual(network, batch, inpaint(network, batch, masks)).mean()

        self._train_network(network, objective, crops, progress)

    def _restore_tile(self, tile: "torch.Tensor") -> "torch.Tensor":
        return torch.stack(self._inpainted(tile)).mean(dim=0)

    def _restored_and_loss(self, tile: "torch.Tensor") -> "tuple[torch.Tensor, torch.Tensor]":
        inpainted = self._inpainted(tile)
        losses = [
            parts.squared_error(tile, each)
            if self.params.score == "l2"
            else self._residual(self.network_, tile, each)
            for each in inpainted
        ]
        return torch.stack(inpainted).mean(dim=0), torch.stack(losses).mean(dim=0)

    @property
    def _deviation(self) -> "torch.Tensor":
        return self.network_.deviation

    @property
    def _by_likelihood(self) -> bool:
        return self.params.score == "likelihood"

    @property
    def _reach(self) -> int:
        return self.network_.reach + max(self.params.sides()) + parts.RADIUS

    @property
    def _stride(self) -> int:
        return PERIOD

    def _inpainted(self, tile: "torch.Tensor") -> "list[torch.Tensor]":
        """The tile restored with squares of each size hidden."""
        generator = torch.Generator().manual_seed(self.seed)
        return [
            inpaint(
                self.network_,
                tile,
                parts.periodic_masks(tile.shape[2:], side, self.params.masks, PERIOD, generator),
            )
            for side in self.params.sides()
        ]

    def _residual(
        self,
        network: "parts.ConvolutionalAutoencoder",
        image: "torch.Tensor",
        restored: "torch.Tensor",
    ) -> "torch.Tensor":
        error = parts.squared_error(image / network.deviation, restored / network.deviation)
        return (
            self.params.error_weight * error
            + self.params.structure_weight * parts.structural_dissimilarity(image, restored)
            + self.params.gradient_weight * parts.gradient_dissimilarity(image, restored)
        )


def inpaint(
    network: "parts.ConvolutionalAutoencoder", images: "torch.Tensor", masks: "torch.Tensor"
) -> "torch.Tensor":
    """The images (n, channels, H, W) with every pixel restored while a mask hides it.

    The masks (m, 1, H, W) are disjoint and cover every pixel; what they hide is replaced by the
    mean of the normal images. Only restored pixels are part of the result, so that a loss on it is
    a loss on hidden pixels.
    """
    hidden = masks.to(images.device)
    seen = torch.cat([torch.where(mask, network.mean, images) for mask in hidden])
    restored = network(seen).chunk(len(hidden))
    return sum(mask * part for mask, part in zip(hidden, restored, strict=True))
