"""The denoising autoencoder, and a second network that denoises what it restored."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from methods.detectors.restoration.autoencoder import LossParameters, restoration_objective
from methods.detectors.restoration.heavy import parts, torch
from methods.detectors.restoration.networks.losses import LossName
from methods.detectors.restoration.restoration import RestorationDetector
from methods.effort import FREE, takes
from methods.measured import Measured
from methods.progress import Progress, span
from methods.registry import register
from methods.search import within
from methods.training.crops import Crops


class DenoisingParameters(LossParameters):
    loss: LossName = Field(
        "ssim",
        title="Loss",
        description="The training loss of both networks; published: l2.",
        json_schema_extra=FREE,
    )
    score: Literal["likelihood", "mask", "smoothed", "restored", "l2"] = Field(
        "likelihood",
        title="Score",
        description="likelihood: how unlikely residual and contrast of the smoothed "
        "reconstruction are on normal images, plus the loss; or as published: "
        "residual of the feature mask, of the smoothed reconstruction, or of the "
        "reconstruction; or the squared error of the reconstruction, whatever the "
        "training loss. Pixel AUROC of the three published scores on nanofibre "
        "micrographs with l2: 0.76, 0.43 and 0.43. With ssim, the first two had 0.87 "
        "and 0.93, the likelihood 0.95.",
        json_schema_extra=FREE,
    )
    noise: float = Field(
        0.3,
        ge=0,
        le=5,
        title="Noise",
        description="Standard deviation of the Gaussian noise that the autoencoder learns to "
        "remove, relative to the standard deviation of the normal images.",
        json_schema_extra=within(0.1, 1, log=True) | FREE,
    )
    layers: int = Field(
        20,
        ge=2,
        le=40,
        title="Denoiser layers",
        description="Number of convolutions in the second network.",
        json_schema_extra=takes(
            training=1, inference=1, of_training=0.5, of_inference=0.5, part="denoiser"
        ),
    )
    filters: int = Field(
        8,
        ge=1,
        le=127,
        title="Denoiser filters",
        description="Filters per layer, without the accumulated one. Published: 63, which is "
        "about fifty times slower.",
        json_schema_extra=takes(
            training=1.6, inference=1.6, of_training=0.5, of_inference=0.5, part="denoiser"
        ),
    )
    denoiser_steps: int = Field(
        60,
        ge=1,
        le=100_000,
        title="Denoiser steps",
        description="Maximum number of training batches for the second network.",
        json_schema_extra=takes(training=1, of_training=0.5, part="denoiser"),
    )


@register
class DenoisingAutoencoder(RestorationDetector["parts.RestoringPair"]):
    """Residual of a denoising autoencoder, corrected by a second network."""

    name = "denoising-autoencoder"
    title = "Denoising autoencoder"
    summary = (
        "Reconstructs images with a denoising autoencoder and corrects the result with a second "
        "network. The score is how unusual image and reconstruction are. It finds about as much "
        "as the autoencoder in twice the time: pixel AUROC 0.94 for both on nanofibre "
        "micrographs, image AUROC 0.59 and 0.57 on a wire grid, where padim had 0.98 and 1.00."
    )
    choose = "Normal images are noisy."
    measured = Measured(0.935, 0.885, 14, 0.4, fixed=0.95)
    reference = (
        "Pilavci and Ozgumus; second network: Remez, Litany, Giryes, Bronstein, Deep class-aware "
        "image denoising, ICIP 2017"
    )
    cost = (
        "Training on 5 images of 1024 x 700 pixels takes about 14 s, inference 0.4 s per "
        "image, on two cores."
    )
    lengths = ("steps", "denoiser_steps")
    Params = DenoisingParameters
    params: DenoisingParameters
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {"steps": 250, "denoiser_steps": 60},
        "standard": {"steps": 1500, "denoiser_steps": 500, "filters": 16},
        "thorough": {"steps": 6000, "denoiser_steps": 2000, "filters": 63},
        "published": {"loss": "l2", "score": "mask"},
    }

    def _network(self, channels: int, generator: "torch.Generator") -> "parts.RestoringPair":
        return parts.RestoringPair(
            self._autoencoder(channels, generator),
            parts.Denoiser(channels, self.params.layers, self.params.filters, generator=generator),
        )

    def _train(self, network: "parts.RestoringPair", crops: Crops, progress: Progress) -> None:
        autoencoder = network.autoencoder
        autoencoder.standardise(torch.from_numpy(crops.training))
        self._train_network(
            autoencoder,
            restoration_objective(autoencoder, self.params, self.params.noise),
            crops,
            span(progress, 0.0, 0.5),
            name="autoencoder",
        )
        residual = self.params.residual(autoencoder.deviation)

        def objective(batch: "torch.Tensor", generator: "torch.Generator") -> "torch.Tensor":
            with torch.no_grad():
                restored = autoencoder(batch)
            return residual(batch, restored + network.mask(restored)).mean()

        self._train_network(
            network.denoiser,
            objective,
            crops,
            span(progress, 0.5, 1.0),
            "denoiser_steps",
            name="denoiser",
        )

    def _restore_tile(self, tile: "torch.Tensor") -> "torch.Tensor":
        restored, mask = self.network_(tile)
        return restored + mask

    def _restored_and_loss(self, tile: "torch.Tensor") -> "tuple[torch.Tensor, torch.Tensor]":
        restored, mask = self.network_(tile)
        smoothed = restored + mask
        residual = self.params.residual(self._deviation)
        match self.params.score:
            case "likelihood" | "smoothed":
                return smoothed, residual(tile, smoothed)
            case "mask":
                error = (tile - restored) / self._deviation
                # The logarithm of 1 + ratio: in the order of the ratios, and from zero upwards.
                return smoothed, torch.nn.functional.softplus(
                    parts.mask_residual(error, mask / self._deviation)
                )
            case "restored":
                return restored, residual(tile, restored)
            case "l2":
                return restored, parts.squared_error(tile, restored)

    @property
    def _deviation(self) -> "torch.Tensor":
        return self.network_.autoencoder.deviation

    @property
    def _by_likelihood(self) -> bool:
        return self.params.score == "likelihood"

    @property
    def _reach(self) -> int:
        return self.network_.autoencoder.reach + self.params.layers + parts.REACH
