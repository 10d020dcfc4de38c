"""The variational autoencoder: how improbable an image is under a model of normal images."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from methods.detector import Array
from methods.detectors.generative.heavy import parts, torch
from methods.detectors.generative.sampling import SamplingDetector
from methods.detectors.restoration.parameters import RestorationParameters
from methods.effort import FREE, takes, takes_by
from methods.measured import Measured
from methods.parameters import steps_field
from methods.progress import Progress
from methods.registry import register
from methods.search import within
from methods.training.crops import Crops

COLLAPSED = 0.5
"""Nats for each cell of the code below which it says next to nothing."""
STRUCTURE = 4.0
"""Nats for each unit of 1 - SSIM beside the ELBO, which judges every pixel by itself. On grass the
image AUROC was 0.50 without and 0.61 with it, the pixel AUROC 0.68 and 0.65."""
PERIOD = 32
"""Pixels after which the noise of drawn codes repeats, so that tiles agree."""


class VariationalParameters(RestorationParameters):
    score: Literal["likelihood", "elbo", "reconstruction", "kl", "restoration"] = Field(
        "likelihood",
        title="Score",
        description="likelihood: how unlikely residual and contrast are on normal images, plus "
        "the negative ELBO and 1 - SSIM. Or the negative ELBO of a pixel; or one of its two "
        "terms, the negative reconstruction probability (published) or the KL term of the "
        "code; or how much a pixel changes in a search for the nearest likely image "
        "(restoration, slow). The ELBO alone ranks defects that are smoother than the texture "
        "below normal: with 250 steps pixel AUROC on drawn nanofibres was 0.25, with the "
        "likelihood 0.85.",
        json_schema_extra=takes_by(inference={"restoration": 30}),
    )
    steps: int = steps_field(600, 0.9)
    kl_weight: float = Field(
        1.0,
        ge=0,
        le=100,
        title="KL weight",
        description="Weight of the KL term in training; 1 is the ELBO. With less, the code says "
        "more about the image, and defects are restored better.",
        json_schema_extra=within(0.1, 10, log=True) | FREE,
    )
    samples: int = Field(
        4,
        ge=1,
        le=64,
        title="Samples",
        description="Codes drawn for the reconstruction probability.",
        json_schema_extra=takes(inference=1, of_inference=0.7),
    )
    restoration_steps: int = Field(
        30,
        ge=1,
        le=1000,
        title="Restoration steps",
        description="Steps of gradient descent in the restoration of an image.",
        json_schema_extra=takes(inference=1),
    )
    restoration_rate: float = Field(
        0.05,
        gt=0,
        le=1,
        title="Restoration rate",
        description="Size of a step, and the most that a pixel changes in one, in standard "
        "deviations of the normal images.",
        json_schema_extra=FREE,
    )
    variation_weight: float = Field(
        0.3,
        ge=0,
        le=100,
        title="Total variation weight",
        description="Weight of the total variation of the change in the restoration. A large "
        "weight keeps the texture as it is and changes only large areas.",
        json_schema_extra=FREE,
    )

    def unused(self) -> frozenset[str]:
        restoring = ["restoration_steps", "restoration_rate", "variation_weight"]
        sampling = [] if self.score in ("likelihood", "elbo", "reconstruction") else ["samples"]
        return super().unused().union([] if self.score == "restoration" else restoring, sampling)


@register
class VariationalAutoencoder(SamplingDetector["parts.VariationalNetwork"]):
    """Evidence lower bound of a fully convolutional variational autoencoder."""

    name = "variational-autoencoder"
    title = "Variational autoencoder"
    summary = (
        "Learns a probability distribution of normal images through a narrow code. The score is "
        "how improbable an image is under it: the evidence lower bound, judged beside contrast "
        "and residual. Random texture is restored as a blur, so choose another method for faint "
        "changes of it: pixel AUROC on grass was 0.64, where padim had 0.95."
    )
    choose = "You want a probability of the image under a model."
    measured = Measured(0.927, 0.892, 32, 0.58, fixed=0.9)
    reference = (
        "Kingma and Welling, Auto-encoding variational Bayes, ICLR 2014; An and Cho, Variational "
        "autoencoder based anomaly detection using reconstruction probability, 2015; restoration: "
        "Chen, You, Tezcan, Konukoglu, Unsupervised lesion detection via image restoration with a "
        "normative prior, Medical Image Analysis 2020"
    )
    cost = (
        "Training takes about two and a half times as long as that of the autoencoder, inference "
        "twice. The score restoration takes many times as long for each image."
    )
    not_exported = (
        "its score draws codes at random or restores the image in gradient steps, which a graph "
        "cannot repeat"
    )
    Params = VariationalParameters
    params: VariationalParameters
    nats_: float
    """Mean divergence of the code of a cell from the prior, on held-out crops."""
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {"steps": 200},
        "thorough": {"steps": 5000, "width": 32},
        "published": {"score": "reconstruction"},
    }

    def _network(self, channels: int, generator: "torch.Generator") -> "parts.VariationalNetwork":
        return parts.VariationalNetwork(
            channels,
            self.params.width,
            self.params.depth,
            self.params.code,
            generator=generator,
        )

    def _train(self, network: "parts.VariationalNetwork", crops: Crops, progress: Progress) -> None:
        network.standardise(torch.from_numpy(crops.training))
        objective = variational_objective(network, self.params.kl_weight)
        parts.train(network, objective, crops, self._schedule, self.seed, progress)
        self._look_at_samples(network, crops)
        with torch.no_grad():
            held_out = torch.from_numpy(crops.held_out).to(parts.device())
            self.nats_ = float(parts.divergence(*network.posterior(held_out)).mean())

    def _decode(self, network: "parts.VariationalNetwork", codes: "torch.Tensor") -> "torch.Tensor":
        return network.decode(codes)

    def _warnings(self) -> tuple[str, ...]:
        if self.nats_ >= COLLAPSED:
            return ()
        return (
            f"the code has collapsed: it says {self.nats_:.2g} nats about a cell of normal images, "
            "so that nearly the same is restored whatever the image shows. Use a smaller KL "
            "weight or more steps.",
        )

    def _state(self) -> dict[str, Array]:
        return {**super()._state(), "nats": np.array([self.nats_])}

    def _restore(self, arrays: Mapping[str, Array]) -> None:
        kept = dict(arrays)
        self.nats_ = float(kept.pop("nats")[0])
        super()._restore(kept)

    def _restore_tile(self, tile: "torch.Tensor") -> "torch.Tensor":
        if self.params.score != "restoration":
            return self.network_(tile)
        return parts.restore(
            self.network_,
            tile,
            self._noise(tile, 1),
            steps=self.params.restoration_steps,
            rate=self.params.restoration_rate,
            weight=self.params.variation_weight,
        )

    def _restored_and_loss(self, tile: "torch.Tensor") -> "tuple[torch.Tensor, torch.Tensor]":
        network = self.network_
        match self.params.score:
            case "restoration":
                restored = self._restore_tile(tile)
                change = (tile - restored).abs() / network.deviation
                return restored, change.mean(dim=1, keepdim=True)
            case "kl":
                return tile, network.divergence_map(tile)
            case "reconstruction":
                return tile, self._improbability(tile)
            case "elbo":
                return tile, self._improbability(tile) + network.divergence_map(tile)
            case "likelihood":
                loss = self._improbability(tile) + network.divergence_map(tile)
                restored = network(tile)
                return restored, loss + STRUCTURE * parts.structural_dissimilarity(tile, restored)

    def _improbability(self, tile: "torch.Tensor") -> "torch.Tensor":
        """Minus the reconstruction probability, in nats above the least that is possible."""
        mean, log_variance = self.network_.posterior(tile)
        noise = self._noise(tile, self.params.samples)
        codes = mean + noise * (0.5 * log_variance).exp()
        drawn = [self.network_.likelihood(code[None]) for code in codes]
        values = self.network_.standardised(tile)
        highest = parts.HIGHEST_DENSITY * self.channels_
        return highest - parts.reconstruction_probability(values, drawn)

    def _noise(self, tile: "torch.Tensor", samples: int) -> "torch.Tensor":
        """The noise (samples, code, h, w) of the codes of a tile, the same for every tile."""
        cell = self.network_.stride
        return parts.periodic_noise(
            samples,
            self.params.code,
            (tile.shape[2] // cell, tile.shape[3] // cell),
            PERIOD // cell,
            torch.Generator().manual_seed(self.seed),
        ).to(tile.device)

    @property
    def _deviation(self) -> "torch.Tensor":
        return self.network_.deviation

    @property
    def _by_likelihood(self) -> bool:
        return self.params.score == "likelihood"

    @property
    def _reach(self) -> int:
        return self.network_.reach + parts.REACH

    @property
    def _stride(self) -> int:
        return PERIOD


def variational_objective(
    network: "parts.VariationalNetwork", kl_weight: float = 1.0
) -> "parts.Objective":
    """Minus the evidence lower bound of a batch for each pixel, in nats, with one drawn code each.

    The code is drawn as z = m + s e with e from N(0, I), so that m and s have a gradient. The
    divergence has a weight.
    """

    def objective(batch: "torch.Tensor", generator: "torch.Generator") -> "torch.Tensor":
        mean, log_variance = network.posterior(batch)
        noise = torch.randn(mean.shape, generator=generator).to(mean.device)
        drawn = network.likelihood(mean + noise * (0.5 * log_variance).exp())
        density = parts.log_density(network.standardised(batch), *drawn).mean()
        cost = parts.divergence(mean, log_variance).mean() / network.stride**2
        return kl_weight * cost - density

    return objective
