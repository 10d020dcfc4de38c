"""f-AnoGAN: an image against the nearest one that a generator of normal images can draw."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from methods.detectors.generative.heavy import parts, torch
from methods.detectors.generative.sampling import SamplingDetector
from methods.detectors.restoration.parameters import RestorationParameters
from methods.effort import FREE, takes
from methods.measured import Measured
from methods.progress import Progress, span
from methods.registry import register
from methods.training.crops import Crops


class AdversarialParameters(RestorationParameters):
    score: Literal["likelihood", "izi_f", "residual"] = Field(
        "likelihood",
        title="Score",
        description="likelihood: how unlikely residual and contrast are on normal images, plus "
        "izi_f; or as published: izi_f, the squared error and that of the critic's "
        "features; or residual, the absolute error.",
        json_schema_extra=FREE,
    )
    steps: int = Field(
        100,
        ge=1,
        le=100_000,
        title="Generator steps",
        description="Number of training batches of the generator.",
        json_schema_extra=takes(training=1, of_training=0.5, part="adversarial"),
    )
    critic_steps: int = Field(
        2,
        ge=1,
        le=20,
        title="Critic steps",
        description="Training batches of the critic for each of the generator. Published: 5.",
        json_schema_extra=takes(training=1, of_training=0.4, part="adversarial"),
    )
    encoder_steps: int = Field(
        800,
        ge=1,
        le=100_000,
        title="Encoder steps",
        description="Maximum number of training batches of the encoder, and of the generator that "
        "is tuned with it. With 500, image AUROC on gravel was 0.50, with 800 0.67.",
        json_schema_extra=takes(training=1, of_training=0.4, part="encoder"),
    )
    adversarial_rate: float = Field(
        2e-3,
        gt=0,
        le=0.1,
        title="Adversarial learning rate",
        description="Learning rate of Adam for generator and critic. Published: 0.0001, which "
        "needs many times the steps.",
        json_schema_extra=FREE,
    )
    tuning: bool = Field(
        True,
        title="Tune the generator",
        description="Let the generator learn with the encoder, so that it restores what it could "
        "not draw after so few steps. Published: off.",
    )
    learning_rate: float = Field(
        2e-3,
        gt=0,
        le=0.1,
        title="Encoder learning rate",
        description="Initial learning rate of Adam for the encoder. It decreases to zero with a "
        "cosine schedule.",
    )
    penalty_weight: float = Field(
        10.0,
        ge=0,
        le=1000,
        title="Gradient penalty",
        description="Weight of the penalty on critics whose gradient does not have the norm 1.",
        json_schema_extra=FREE,
    )
    feature_weight: float = Field(
        0.05,
        ge=0,
        le=1000,
        title="Feature weight",
        description="Weight of the critic's features beside the pixels, in the loss of the "
        "encoder and in the score. Published: 1, with which the features of a critic "
        "of few steps outweigh the pixels.",
        json_schema_extra=FREE,
    )


@register
class Gan(SamplingDetector["parts.AdversarialNetwork"]):
    """Score of f-AnoGAN: generator, critic and encoder, all fully convolutional."""

    name = "gan"
    title = "Generative adversarial network"
    summary = (
        "Trains a generator of normal crops against a critic, and an encoder that finds the code "
        "from which the generator draws an image. The score is how unusual image and drawing are. "
        "It is slow to train and weak on textures without order: image AUROC on grass was 0.44 and "
        "on gravel 0.64; padim had 0.81 and 0.89. Look at its samples on the page Inspect before "
        "you trust it."
    )
    choose = "You want to see images that a generator draws."
    measured = Measured(0.900, 0.899, 58, 0.3, fixed=0.9)
    reference = (
        "Schlegl, Seeböck, Waldstein, Langs, Schmidt-Erfurth, f-AnoGAN: fast unsupervised anomaly "
        "detection with generative adversarial networks, Medical Image Analysis 2019; gradient "
        "penalty: Gulrajani, Ahmed, Arjovsky, Dumoulin, Courville, Improved training of "
        "Wasserstein GANs, NIPS 2017"
    )
    cost = (
        "Training takes four to five times as long as that of the autoencoder. The preset "
        "published takes 100 times as many steps of the generator."
    )
    not_exported = "the critic's score has not been written as a graph"
    Params = AdversarialParameters
    params: AdversarialParameters
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {"steps": 40, "encoder_steps": 250},
        "thorough": {"steps": 1500, "encoder_steps": 1500},
        "published": {
            "score": "izi_f",
            "tuning": False,
            "feature_weight": 1.0,
            "steps": 10_000,
            "critic_steps": 5,
            "encoder_steps": 10_000,
            "adversarial_rate": 1e-4,
        },
    }

    def _network(self, channels: int, generator: "torch.Generator") -> "parts.AdversarialNetwork":
        return parts.AdversarialNetwork(
            self._autoencoder(channels, generator),
            parts.Critic(channels, self.params.width, self.params.depth, generator=generator),
        )

    def _train(self, network: "parts.AdversarialNetwork", crops: Crops, progress: Progress) -> None:
        network.autoencoder.standardise(torch.from_numpy(crops.training))
        schedule = parts.AdversarialSchedule(
            parts.Schedule(self.params.steps, self.params.batch, self.params.adversarial_rate),
            self.params.critic_steps,
            self.params.penalty_weight,
        )
        parts.train_adversarially(network, crops, schedule, self.seed, span(progress, 0.0, 0.6))
        for part in (network.generator, network.critic):
            part.eval().requires_grad_(False)
        tuned = self.params.tuning
        network.generator.requires_grad_(tuned)
        parts.train(
            network.autoencoder if tuned else network.encoder,
            encoder_objective(network, self.params.feature_weight),
            crops,
            parts.Schedule(self.params.encoder_steps, self.params.batch, self.params.learning_rate),
            self.seed,
            span(progress, 0.6, 1.0),
        )
        self._look_at_samples(network, crops)

    def _decode(self, network: "parts.AdversarialNetwork", codes: "torch.Tensor") -> "torch.Tensor":
        return network.autoencoder.decode(codes)

    def _warnings(self) -> tuple[str, ...]:
        found = self.diversity_
        if not found.collapsed:
            return ()
        return (
            f"the generator has collapsed: its samples are worth {found.generated:.1f} different "
            f"ones, as many normal crops {found.normal:.1f}. It cannot draw most of what is "
            "normal, so do not rely on its scores. Use more generator steps or another seed.",
        )

    def _restore_tile(self, tile: "torch.Tensor") -> "torch.Tensor":
        return self.network_(tile)

    def _restored_and_loss(self, tile: "torch.Tensor") -> "tuple[torch.Tensor, torch.Tensor]":
        restored = self.network_(tile)
        if self.params.score == "residual":
            error = (tile - restored).abs() / self._deviation
            return restored, error.mean(dim=1, keepdim=True)
        return restored, self.network_.izi_f(tile, restored, self.params.feature_weight)

    @property
    def _deviation(self) -> "torch.Tensor":
        return self.network_.autoencoder.deviation

    @property
    def _by_likelihood(self) -> bool:
        return self.params.score == "likelihood"

    @property
    def _reach(self) -> int:
        # The critic sees no farther than the autoencoder, but what it sees has been restored.
        reach = self.network_.autoencoder.reach
        return reach + max(reach, parts.REACH)


def encoder_objective(
    network: "parts.AdversarialNetwork", feature_weight: float
) -> "parts.Objective":
    """The mean of the score that `AdversarialNetwork.izi_f` gives to the pixels of a batch.

    Schlegl et al. 2019, equation 4.
    """

    def objective(batch: "torch.Tensor", generator: "torch.Generator") -> "torch.Tensor":
        return network.izi_f(batch, network(batch), feature_weight).mean()

    return objective
