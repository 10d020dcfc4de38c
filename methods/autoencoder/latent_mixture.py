"""A Gaussian mixture of the codes of normal images, fitted afterwards or trained jointly."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from methods.autoencoder.autoencoder import LossName, LossParameters
from methods.autoencoder.crops import Crops
from methods.autoencoder.restoration import RestorationDetector
from methods.progress import Progress, span
from methods.registry import register

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from methods.autoencoder.mixture_network import MixtureNetwork
    from methods.autoencoder.training import Objective

CROPS_TO_DESCRIBE = 1000
"""Training crops from whose codes the final mixture is made."""
PADDED_CELLS = 2
"""Cells at each border of a crop that are left out, having seen padding instead of image."""


class LatentMixtureParameters(LossParameters):
    loss: LossName = Field(
        "l2",
        title="Loss",
        description="What training minimises: squared error, as published, structural "
        "dissimilarity (1 - SSIM), both, or SSIM at three resolutions. On nanofibre micrographs "
        "the squared error gave a pixel AUROC of 0.56 to 0.74, depending on the seed, 1 - SSIM "
        "0.49.",
    )
    components: int = Field(
        4, ge=1, le=32, title="Components", description="Gaussians in the mixture."
    )
    training: Literal["separate", "joint"] = Field(
        "joint",
        title="Training",
        description="Fit the mixture to the codes of the trained autoencoder by "
        "expectation-maximisation, or train both at once with an estimation network (DAGMM), which "
        "also sees how badly a cell is restored. On nanofibre micrographs the codes alone had a "
        "pixel AUROC of 0.18, smooth defects being likelier than fibres; jointly 0.65.",
    )
    energy_weight: float = Field(
        0.1,
        ge=0,
        le=10,
        title="Energy weight",
        description="Weight of minus log likelihood in the joint loss.",
    )
    covariance_weight: float = Field(
        0.005,
        ge=0,
        le=10,
        title="Covariance weight",
        description="Weight of the sum of inverse variances in the joint loss; it keeps "
        "components from shrinking to a point.",
    )


@register
class LatentMixture(RestorationDetector["MixtureNetwork"]):
    """Likelihood of an autoencoder's code under a Gaussian mixture of normal codes."""

    name = "latent-mixture"
    title = "Latent mixture"
    summary = (
        "Describes each place of an image by the code of an autoencoder and scores how unlikely "
        "that code is under a Gaussian mixture of normal codes. Blind to detail that the code does "
        "not hold, and coarse: one score a code cell."
    )
    reference = (
        "Zong et al., Deep autoencoding Gaussian mixture model for unsupervised anomaly detection, "
        "ICLR 2018"
    )
    cost = "Learns from 5 images of 1024 x 700 in 7 s and scores one in 0.04 s, on two cores."
    Params = LatentMixtureParameters
    params: LatentMixtureParameters

    def _network(self, channels: int) -> "MixtureNetwork":
        from methods.autoencoder.mixture_network import MixtureNetwork

        return MixtureNetwork(
            self._autoencoder(channels),
            self.params.code,
            self.params.components,
            self.params.training == "joint",
        )

    def _train(self, network: "MixtureNetwork", crops: Crops, progress: Progress) -> None:
        import torch

        from methods.autoencoder.autoencoder import restoration_objective
        from methods.autoencoder.mixture import fit_mixture
        from methods.autoencoder.training import train

        network.autoencoder.standardise(torch.from_numpy(crops.training))
        objective = (
            self._joint_objective(network)
            if network.joint
            else restoration_objective(network.autoencoder, self.params)
        )
        train(network, objective, crops, self._schedule, self.seed, span(progress, 0.0, 0.8))
        points = self._points(network, crops, span(progress, 0.8, 0.9))
        with torch.no_grad():
            network.keep(
                network.estimate(points)
                if network.joint
                else fit_mixture(
                    points,
                    self.params.components,
                    torch.Generator().manual_seed(self.seed),
                    span(progress, 0.9, 1.0),
                )
            )

    def _restore_tile(self, tile: "Tensor") -> "Tensor":
        return self.network_.autoencoder(tile)

    def _score_tile(self, tile: "Tensor") -> "Tensor":
        import torch

        from methods.autoencoder.mixture_network import points_of

        cells = self.network_(tile)
        energy = self.network_.mixture.energy(points_of(cells)).view(1, 1, *cells.shape[2:])
        return torch.nn.functional.interpolate(energy, tile.shape[2:], mode="bilinear")

    @property
    def _reach(self) -> int:
        return self.network_.autoencoder.reach + 2 * self._stride

    def _joint_objective(self, network: "MixtureNetwork") -> "Objective":
        """Reconstruction + energy + penalty on small variances (Zong et al., equation 7)."""
        from methods.autoencoder.mixture_network import points_of

        residual = self.params.residual(network.autoencoder.deviation)

        def objective(batch: "Tensor", generator: "torch.Generator") -> "Tensor":
            codes = network.autoencoder.encode(batch)
            restored = network.autoencoder.decode(codes)
            points = points_of(network.describe(batch, codes, restored))
            mixture = network.estimate(points)
            variances = mixture.covariances.diagonal(dim1=1, dim2=2)
            return (
                residual(batch, restored).mean()
                + self.params.code_penalty * codes.square().mean()
                + self.params.energy_weight * mixture.energy(points).mean()
                + self.params.covariance_weight * variances.reciprocal().sum()
            )

        return objective

    def _points(self, network: "MixtureNetwork", crops: Crops, progress: Progress) -> "Tensor":
        """What describes the inner cells of training crops, (n, dimensions)."""
        import torch

        from methods.autoencoder.mixture_network import points_of

        side = self.params.crop // self._stride
        border = min(PADDED_CELLS, (side - 1) // 2)
        inner = slice(border, side - border)
        chosen = crops.training[:: -(-len(crops.training) // CROPS_TO_DESCRIBE)]
        batches = torch.split(torch.from_numpy(chosen), self.params.batch)
        parts = []
        for index, batch in enumerate(batches):
            with torch.no_grad():
                cells = network(batch.to(network.weights.device))
            parts.append(points_of(cells[:, :, inner, inner]))
            progress((index + 1) / len(batches))
        return torch.cat(parts)
