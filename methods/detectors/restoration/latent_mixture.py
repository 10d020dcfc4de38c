"""A Gaussian mixture of the codes of normal images, fitted afterwards or trained jointly."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from methods.detectors.restoration.autoencoder import LossParameters, restoration_objective
from methods.detectors.restoration.heavy import parts, torch
from methods.detectors.restoration.restoration import RestorationDetector
from methods.effort import FREE
from methods.measured import Measured
from methods.progress import Progress, span
from methods.registry import register
from methods.training.crops import Crops

CROPS_TO_DESCRIBE = 1000
"""Training crops from whose codes the final mixture is made."""
PADDED_CELLS = 2
"""Cells at each border of a crop that are left out, having seen padding instead of image."""


class LatentMixtureParameters(LossParameters):
    score: Literal["likelihood", "energy"] = Field(
        "likelihood",
        title="Score",
        description="likelihood: how unlikely code, residual and contrast of a cell are, plus "
        "the loss; or the energy as published: the negative log-likelihood of the "
        "code and, if trained jointly, of two errors. Pixel AUROC on nanofibre "
        "micrographs: 0.18 with the energy of the code alone, because smooth defects "
        "are more likely than fibres; 0.65 with code and errors, depending on the "
        "seed; 0.93 with the likelihood, for all seeds.",
        json_schema_extra=FREE,
    )
    components: int = Field(
        4,
        ge=1,
        le=32,
        title="Components",
        description="Number of Gaussians in the mixture.",
        json_schema_extra=FREE,
    )
    training: Literal["separate", "joint"] = Field(
        "separate",
        title="Training",
        description="Train the autoencoder first and then fit the mixture by "
        "expectation-maximisation, or train both jointly with an estimation network "
        "(DAGMM), which defines the mixture of the energy. The likelihood has its "
        "own mixture in both cases.",
    )
    energy_weight: float = Field(
        0.1,
        ge=0,
        le=10,
        title="Energy weight",
        description="Weight of the negative log-likelihood in the joint loss.",
        json_schema_extra=FREE,
    )
    covariance_weight: float = Field(
        0.005,
        ge=0,
        le=10,
        title="Covariance weight",
        description="Weight of the sum of inverse variances in the joint loss; it keeps "
        "components from shrinking to a point.",
        json_schema_extra=FREE,
    )

    def unused(self) -> frozenset[str]:
        joint = [] if self.training == "joint" else ["energy_weight", "covariance_weight"]
        return super().unused().union(joint)


@register
class LatentMixture(RestorationDetector["parts.MixtureNetwork"]):
    """Likelihood of an autoencoder's code under a Gaussian mixture of normal codes."""

    name = "latent-mixture"
    title = "Latent mixture"
    summary = (
        "Describes each position of an image by the code of an autoencoder and its "
        "reconstruction error. The score is how unlikely this is under a Gaussian mixture of "
        "normal positions. The score map is coarse, with one score per 16 pixels. Choose another "
        "method for faint changes of texture: pixel AUROC on grass was 0.53, where padim had "
        "0.95."
    )
    choose = "A coarse map is enough, and inference must be quick."
    measured = Measured(0.882, 0.825, 8, 0.2, fixed=0.9)
    reference = (
        "Zong et al., Deep autoencoding Gaussian mixture model for unsupervised anomaly detection, "
        "ICLR 2018"
    )
    cost = (
        "Training on 5 images of 1024 x 700 pixels takes about 8 s, inference 0.2 s per "
        "image, on two cores."
    )
    lengths = ("steps",)
    Params = LatentMixtureParameters
    params: LatentMixtureParameters
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        **RestorationDetector.presets,
        "published": {"loss": "l2", "training": "joint", "score": "energy"},
    }

    def _network(self, channels: int, generator: "torch.Generator") -> "parts.MixtureNetwork":
        return parts.MixtureNetwork(
            self._autoencoder(channels, generator),
            self.params.code,
            self.params.components,
            self.params.training == "joint",
            generator=generator,
        )

    def _train(self, network: "parts.MixtureNetwork", crops: Crops, progress: Progress) -> None:
        network.autoencoder.standardise(torch.from_numpy(crops.training))
        objective = (
            self._joint_objective(network)
            if network.joint
            else restoration_objective(network.autoencoder, self.params)
        )
        self._train_network(network, objective, crops, span(progress, 0.0, 0.8))
        if self._by_likelihood:
            return
        points = self._points(network, crops, span(progress, 0.8, 0.9))
        with torch.no_grad():
            mixture = (
                network.estimate(points)
                if network.joint
                else parts.fit_mixture(
                    points,
                    self.params.components,
                    torch.Generator().manual_seed(self.seed),
                    span(progress, 0.9, 1.0),
                )
            )
            network.keep(mixture, mixture.energy(points).quantile(parts.LIKEST))

    def _restore_tile(self, tile: "torch.Tensor") -> "torch.Tensor":
        return self.network_.autoencoder(tile)

    def _restored_and_loss(self, tile: "torch.Tensor") -> "tuple[torch.Tensor, torch.Tensor]":
        restored = self._restore_tile(tile)
        return restored, self.params.residual(self._deviation)(tile, restored)

    def _describe(self, tile: "torch.Tensor") -> "torch.Tensor":
        if self._by_likelihood:
            cells = torch.nn.functional.avg_pool2d(super()._describe(tile), self._stride)
            return torch.cat([cells, self.network_.autoencoder.encode_middles(tile)], dim=1)
        cells = self.network_(tile)
        energy = self.network_.mixture.energy(parts.points_of(cells)) - self.network_.lowest
        return energy.clamp_min(0).view(1, 1, *cells.shape[2:])

    def _untrained_normal(self) -> "parts.NormalResiduals":
        return parts.NormalResiduals(self.params.components)

    @property
    def _deviation(self) -> "torch.Tensor":
        return self.network_.autoencoder.deviation

    @property
    def _by_likelihood(self) -> bool:
        return self.params.score == "likelihood"

    @property
    def _cell(self) -> int:
        return self._stride

    @property
    def _reach(self) -> int:
        return self.network_.autoencoder.reach + parts.REACH + self._stride

    def _joint_objective(self, network: "parts.MixtureNetwork") -> "parts.Objective":
        """Reconstruction + energy + penalty on small variances (Zong et al., equation 7)."""
        residual = self.params.residual(network.autoencoder.deviation)

        def objective(batch: "torch.Tensor", generator: "torch.Generator") -> "torch.Tensor":
            codes = network.autoencoder.encode(batch)
            restored = network.autoencoder.decode(codes)
            points = parts.points_of(network.describe(batch, codes, restored))
            mixture = network.estimate(points, generator if network.training else None)
            variances = mixture.covariances.diagonal(dim1=1, dim2=2)
            return (
                residual(batch, restored).mean()
                + self.params.code_penalty * codes.square().mean()
                + self.params.energy_weight * mixture.energy(points).mean()
                + self.params.covariance_weight * variances.reciprocal().sum()
            )

        return objective

    def _points(
        self, network: "parts.MixtureNetwork", crops: Crops, progress: Progress
    ) -> "torch.Tensor":
        """What describes the inner cells of training crops, (n, dimensions)."""
        side = self.params.crop // self._stride
        border = min(PADDED_CELLS, (side - 1) // 2)
        inner = slice(border, side - border)
        chosen = crops.training[:: -(-len(crops.training) // CROPS_TO_DESCRIBE)]
        batches = torch.split(torch.from_numpy(chosen), self.params.batch)
        points = []
        for index, batch in enumerate(batches):
            with torch.no_grad():
                cells = network(batch.to(network.weights.device))
            points.append(parts.points_of(cells[:, :, inner, inner]))
            progress((index + 1) / len(batches))
        return torch.cat(points)
