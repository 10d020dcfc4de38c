"""The autoencoder residual: an image against what a narrow code remembers of it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from methods.detectors.restoration.networks.losses import LossName
from methods.detectors.restoration.restoration import RestorationDetector, RestorationParameters
from methods.progress import Progress
from methods.registry import register
from methods.training.crops import Crops

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from methods.detectors.restoration.networks.network import ConvolutionalAutoencoder
    from methods.detectors.restoration.networks.residuals import Residual
    from methods.training.loop import Objective


class LossParameters(RestorationParameters):
    """What an autoencoder is trained to minimise."""

    loss: LossName = Field(
        "ssim",
        title="Loss",
        description="What training minimises: squared error, structural dissimilarity (1 - SSIM), "
        "both, or SSIM at three resolutions. As a score of its own the squared error can rank "
        "smooth defects below normal texture: on nanofibre micrographs it had a pixel AUROC of "
        "0.43, 1 - SSIM 0.94.",
    )
    structure_weight: float = Field(
        1.0,
        ge=0,
        le=100,
        title="SSIM weight",
        description="Weight of 1 - SSIM beside the squared error in l2+ssim.",
    )
    code_penalty: float = Field(
        0.0,
        ge=0,
        le=100,
        title="Code penalty",
        description="Weight of the mean square of the code in the loss.",
    )

    def unused(self) -> frozenset[str]:
        return super().unused().union([] if self.loss == "l2+ssim" else ["structure_weight"])

    def residual(self, deviation: "Tensor") -> "Residual":
        """The residual map that training minimises, for images of that deviation."""
        from methods.detectors.restoration.networks.residuals import residual

        return residual(self.loss, self.structure_weight, deviation)


class AutoencoderParameters(LossParameters):
    score: Literal["likelihood", "loss", "l2"] = Field(
        "likelihood",
        title="Score",
        description="How unlikely residual and contrast are together on normal images, plus the "
        "loss; the loss alone, pixel by pixel, as published; or the squared error whatever was "
        "trained. The loss alone ranks defects that are smoother than the texture below normal: "
        "over ten sets its mean pixel AUROC was 0.79, with the likelihood 0.87.",
    )


@register
class Autoencoder(RestorationDetector["ConvolutionalAutoencoder"]):
    """Residual of a fully convolutional autoencoder trained on normal images."""

    name = "autoencoder"
    title = "Autoencoder"
    summary = (
        "Squeezes the image through a narrow code learned from normal images and scores how "
        "unusual image and restoration are together. Choose another method for a breach of a "
        "regular pattern or a faint change of texture: on a wire grid its image AUROC was 0.53 "
        "and on grass its pixel AUROC 0.70, where padim had 0.99 and 0.92."
    )
    reference = (
        "Bergmann, Löwe, Fauser, Sattlegger, Steger, Improving unsupervised defect segmentation by "
        "applying structural similarity to autoencoders, VISAPP 2019"
    )
    cost = (
        "Learns from 5 images of 1024 x 700 in about 8 s and scores one in 0.2 s, on two cores. "
        "The standard preset learns in about four minutes, the thorough one in six."
    )
    Params = AutoencoderParameters
    params: AutoencoderParameters
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        **RestorationDetector.presets,
        "published": {"score": "loss"},
    }

    def _network(self, channels: int, generator: "torch.Generator") -> "ConvolutionalAutoencoder":
        return self._autoencoder(channels, generator)

    def _train(self, network: "ConvolutionalAutoencoder", crops: Crops, progress: Progress) -> None:
        import torch

        from methods.training.loop import train

        network.standardise(torch.from_numpy(crops.training))
        objective = restoration_objective(network, self.params)
        train(network, objective, crops, self._schedule, self.seed, progress)

    def _restore_tile(self, tile: "Tensor") -> "Tensor":
        return self.network_(tile)

    def _restored_and_loss(self, tile: "Tensor") -> "tuple[Tensor, Tensor]":
        from methods.detectors.restoration.networks.residuals import squared_error

        restored = self.network_(tile)
        if self.params.score == "l2":
            return restored, squared_error(tile, restored)
        return restored, self.params.residual(self.network_.deviation)(tile, restored)

    @property
    def _deviation(self) -> "Tensor":
        return self.network_.deviation

    @property
    def _by_likelihood(self) -> bool:
        return self.params.score == "likelihood"

    @property
    def _reach(self) -> int:
        from methods.detectors.restoration.networks.residuals import REACH

        return self.network_.reach + REACH


def restoration_objective(
    network: "ConvolutionalAutoencoder", params: LossParameters, noise: float = 0.0
) -> "Objective":
    """The loss of a restored batch and the penalty on its code.

    The network sees the batch with Gaussian noise of `noise` standard deviations of the images.
    """
    import torch

    residual = params.residual(network.deviation)

    def objective(batch: "Tensor", generator: "torch.Generator") -> "Tensor":
        seen = batch
        if noise:
            grain = torch.randn(batch.shape, generator=generator).to(batch.device)
            seen = batch + noise * network.deviation * grain
        codes = network.encode(seen)
        penalty = params.code_penalty * codes.square().mean()
        return residual(batch, network.decode(codes)).mean() + penalty

    return objective
