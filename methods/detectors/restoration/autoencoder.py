"""The autoencoder residual: an image against what a narrow code remembers of it."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from methods.detectors.restoration.heavy import parts, torch
from methods.detectors.restoration.networks.losses import LossName
from methods.detectors.restoration.parameters import RestorationParameters
from methods.detectors.restoration.restoration import RestorationDetector
from methods.effort import FREE
from methods.features.lighting import LightingChoice, lighting_field
from methods.measured import Measured
from methods.parameters import batch_field, learning_rate_field, steps_field
from methods.progress import Progress
from methods.registry import register
from methods.training.crops import Crops


class LossParameters(RestorationParameters):
    """What an autoencoder is trained to minimise."""

    loss: LossName = Field(
        "ssim",
        title="Loss",
        description="The training loss: squared error, structural dissimilarity (1 - SSIM), "
        "both, or SSIM at three resolutions. Used as a score, the squared error can "
        "rank smooth defects below normal texture: pixel AUROC on nanofibre "
        "micrographs was 0.43, with 1 - SSIM 0.94.",
        json_schema_extra=FREE,
    )
    structure_weight: float = Field(
        1.0,
        ge=0,
        le=100,
        title="SSIM weight",
        description="Weight of 1 - SSIM relative to the squared error in l2+ssim.",
        json_schema_extra=FREE,
    )
    code_penalty: float = Field(
        0.0,
        ge=0,
        le=100,
        title="Code penalty",
        description="Weight of the mean square of the code in the loss.",
        json_schema_extra=FREE,
    )

    def unused(self) -> frozenset[str]:
        return super().unused().union([] if self.loss == "l2+ssim" else ["structure_weight"])

    def residual(self, deviation: "torch.Tensor") -> "parts.Residual":
        """The residual map that training minimises, for images of that deviation."""
        return parts.residual(self.loss, self.structure_weight, deviation)


class AutoencoderParameters(LossParameters):
    lighting: LightingChoice = lighting_field("matched")
    steps: int = steps_field(400, 0.9)
    batch: int = batch_field(8, 0.9)
    learning_rate: float = learning_rate_field(3e-3)
    score: Literal["likelihood", "loss", "l2"] = Field(
        "likelihood",
        title="Score",
        description="likelihood: how unlikely residual and contrast are on normal images, plus "
        "the loss; or the loss per pixel, as published; or the squared error, "
        "whatever the training loss. The loss alone ranks defects that are smoother "
        "than the texture below normal: its mean pixel AUROC over ten sets was 0.79, "
        "with the likelihood 0.87.",
        json_schema_extra=FREE,
    )


@register
class Autoencoder(RestorationDetector["parts.ConvolutionalAutoencoder"]):
    """Residual of a fully convolutional autoencoder trained on normal images."""

    name = "autoencoder"
    title = "Autoencoder"
    summary = (
        "Compresses the image to a small code trained on normal images and reconstructs it. The "
        "score is how unusual image and reconstruction are. Choose another method for defects in "
        "a regular pattern or faint changes of texture: image AUROC on a wire grid was 0.68 and "
        "pixel AUROC on grass 0.66; padim had 1.00 and 0.95."
    )
    choose = "You want to see what a network reconstructs."
    measured = Measured(0.951, 0.882, 13, 0.29, fixed=0.9)
    reference = (
        "Bergmann, Löwe, Fauser, Sattlegger, Steger, Improving unsupervised defect segmentation by "
        "applying structural similarity to autoencoders, VISAPP 2019"
    )
    cost = (
        "Training on 5 images of 1024 x 700 pixels takes about 13 s, inference 0.3 s per image, "
        "on two cores. Training takes about four minutes with the preset standard and six with "
        "thorough."
    )
    lengths = ("steps",)
    Params = AutoencoderParameters
    params: AutoencoderParameters
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {"steps": 400},
        "standard": {"steps": 1500, "batch": 16, "width": 32},
        "thorough": {"steps": 5000, "batch": 16, "width": 32},
        "published": {"score": "loss", "lighting": "kept"},
    }

    def _network(
        self, channels: int, generator: "torch.Generator"
    ) -> "parts.ConvolutionalAutoencoder":
        return self._autoencoder(channels, generator)

    def _train(
        self, network: "parts.ConvolutionalAutoencoder", crops: Crops, progress: Progress
    ) -> None:
        network.standardise(torch.from_numpy(crops.training))
        self._train_network(network, restoration_objective(network, self.params), crops, progress)

    def _restore_tile(self, tile: "torch.Tensor") -> "torch.Tensor":
        return self.network_(tile)

    def _restored_and_loss(self, tile: "torch.Tensor") -> "tuple[torch.Tensor, torch.Tensor]":
        restored = self.network_(tile)
        if self.params.score == "l2":
            return restored, parts.squared_error(tile, restored)
        return restored, self.params.residual(self.network_.deviation)(tile, restored)

    @property
    def _deviation(self) -> "torch.Tensor":
        return self.network_.deviation

    @property
    def _by_likelihood(self) -> bool:
        return self.params.score == "likelihood"

    @property
    def _reach(self) -> int:
        return self.network_.reach + parts.REACH


def restoration_objective(
    network: "parts.ConvolutionalAutoencoder", params: LossParameters, noise: float = 0.0
) -> "parts.Objective":
    """The loss of a restored batch and the penalty on its code.

    The network sees the batch with Gaussian noise of `noise` standard deviations of the images.
    """
    residual = params.residual(network.deviation)

    def objective(batch: "torch.Tensor", generator: "torch.Generator") -> "torch.Tensor":
        seen = batch
        if noise:
            grain = torch.randn(batch.shape, generator=generator).to(batch.device)
            seen = batch + noise * network.deviation * grain
        codes = network.encode(seen)
        penalty = params.code_penalty * codes.square().mean()
        return residual(batch, network.decode(codes)).mean() + penalty

    return objective
