"""The denoising autoencoder, and a second network that denoises what it restored."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from methods.detectors.restoration.autoencoder import LossParameters, restoration_objective
from methods.detectors.restoration.networks.losses import LossName
from methods.detectors.restoration.restoration import RestorationDetector
from methods.progress import Progress, span
from methods.registry import register
from methods.training.crops import Crops

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from methods.detectors.restoration.networks.denoiser import RestoringPair


class DenoisingParameters(LossParameters):
    loss: LossName = Field(
        "ssim", title="Loss", description="What both trainings minimise; published: l2."
    )
    score: Literal["likelihood", "mask", "smoothed", "restored", "l2"] = Field(
        "likelihood",
        title="Score",
        description="How unlikely residual and contrast of the smoothed restoration are together "
        "on normal images, plus the loss; or as published: residual of the feature mask, of the "
        "smoothed restoration, or of the restoration; or the squared error of the restoration "
        "whatever was trained. With l2 on nanofibre micrographs the published three had a pixel "
        "AUROC of 0.76, 0.43 and 0.43; with ssim the first two had 0.87 and 0.93, the likelihood "
        "0.95.",
    )
    noise: float = Field(
        0.3,
        ge=0,
        le=5,
        title="Noise",
        description="Gaussian noise on what the autoencoder is trained to restore, in standard "
        "deviations of the normal images.",
    )
    layers: int = Field(
        20, ge=2, le=40, title="Denoiser layers", description="Convolutions of the second network."
    )
    filters: int = Field(
        8,
        ge=1,
        le=127,
        title="Denoiser filters",
        description="Filters of a layer beside the accumulated one; published: 63, which is some "
        "fifty times slower.",
    )
    denoiser_steps: int = Field(
        60,
        ge=1,
        le=100_000,
        title="Denoiser steps",
        description="Batches to train the second network on, at most.",
    )


@register
class DenoisingAutoencoder(RestorationDetector["RestoringPair"]):
    """Residual of a denoising autoencoder, corrected by a second network."""

    name = "denoising-autoencoder"
    title = "Denoising autoencoder"
    summary = (
        "Restores images with an autoencoder trained to remove noise, lets a second network "
        "correct the restoration, and scores how unusual image and restoration are together. It "
        "finds about what the autoencoder finds, in twice the time: pixel AUROC 0.96 of both on "
        "nanofibre micrographs, image AUROC 0.57 and 0.53 on a wire grid, where padim had 0.99."
    )
    reference = (
        "Pilavci and Ozgumus; second network: Remez, Litany, Giryes, Bronstein, Deep class-aware "
        "image denoising, ICIP 2017"
    )
    cost = "Learns from 5 images of 1024 x 700 in about 14 s and scores one in 0.4 s, on two cores."
    Params = DenoisingParameters
    params: DenoisingParameters
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {"steps": 250, "denoiser_steps": 60},
        "standard": {"steps": 1500, "denoiser_steps": 500, "filters": 16},
        "thorough": {"steps": 6000, "denoiser_steps": 2000, "filters": 63},
        "published": {"loss": "l2", "score": "mask"},
    }

    def _network(self, channels: int, generator: "torch.Generator") -> "RestoringPair":
        from methods.detectors.restoration.networks.denoiser import Denoiser, RestoringPair

        return RestoringPair(
            self._autoencoder(channels, generator),
            Denoiser(channels, self.params.layers, self.params.filters, generator=generator),
        )

    def _train(self, network: "RestoringPair", crops: Crops, progress: Progress) -> None:
        import torch

        from methods.training.loop import Schedule, train

        autoencoder = network.autoencoder
        autoencoder.standardise(torch.from_numpy(crops.training))
        train(
            autoencoder,
            restoration_objective(autoencoder, self.params, self.params.noise),
            crops,
            self._schedule,
            self.seed,
            span(progress, 0.0, 0.5),
        )
        residual = self.params.residual(autoencoder.deviation)

        def objective(batch: "Tensor", generator: "torch.Generator") -> "Tensor":
            with torch.no_grad():
                restored = autoencoder(batch)
            return residual(batch, restored + network.mask(restored)).mean()

        schedule = Schedule(
            self.params.denoiser_steps, self.params.batch, self.params.learning_rate
        )
        train(network.denoiser, objective, crops, schedule, self.seed, span(progress, 0.5, 1.0))

    def _restore_tile(self, tile: "Tensor") -> "Tensor":
        restored, mask = self.network_(tile)
        return restored + mask

    def _restored_and_loss(self, tile: "Tensor") -> "tuple[Tensor, Tensor]":
        from torch.nn.functional import softplus

        from methods.detectors.restoration.networks.denoiser import mask_residual
        from methods.detectors.restoration.networks.residuals import squared_error

        restored, mask = self.network_(tile)
        smoothed = restored + mask
        residual = self.params.residual(self._deviation)
        match self.params.score:
            case "likelihood" | "smoothed":
                return smoothed, residual(tile, smoothed)
            case "mask":
                error = (tile - restored) / self._deviation
                # The logarithm of 1 + ratio: in the order of the ratios, and from zero upwards.
                return smoothed, softplus(mask_residual(error, mask / self._deviation))
            case "restored":
                return restored, residual(tile, restored)
            case "l2":
                return restored, squared_error(tile, restored)

    @property
    def _deviation(self) -> "Tensor":
        return self.network_.autoencoder.deviation

    @property
    def _by_likelihood(self) -> bool:
        return self.params.score == "likelihood"

    @property
    def _reach(self) -> int:
        from methods.detectors.restoration.networks.residuals import REACH

        return self.network_.autoencoder.reach + self.params.layers + REACH
