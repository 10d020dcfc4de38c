"""An autoencoder, the mixture of its codes, and the network that estimates memberships."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from methods.autoencoder.mixture import Mixture, moments
from methods.autoencoder.network import ConvolutionalAutoencoder

HIDDEN = 10
"""Units of the estimation network's hidden layer."""
FLOOR = 1e-6
"""Least power of a cell, in units of the images' variance; a constant cell has none."""


class MixtureNetwork(nn.Module):
    """An autoencoder with a mixture of Gaussians over what describes a cell of its code.

    A cell is described by its code, and in the joint form (Zong et al., section 3) also by two
    errors of its square of pixels, relative distance and cosine similarity of image and
    restoration. There, `estimator` gives the memberships of a cell.
    """

    weights: Tensor
    means: Tensor
    covariances: Tensor

    def __init__(
        self, autoencoder: ConvolutionalAutoencoder, code: int, components: int, joint: bool
    ) -> None:
        super().__init__()
        dimensions = code + 2 * joint
        self.autoencoder = autoencoder
        self.joint = joint
        if joint:
            self.estimator = nn.Sequential(
                nn.Linear(dimensions, HIDDEN),
                nn.Tanh(),
                nn.Dropout(0.5),
                nn.Linear(HIDDEN, components),
                nn.Softmax(dim=1),
            )
        self.register_buffer("weights", torch.full((components,), 1 / components))
        self.register_buffer("means", torch.zeros(components, dimensions))
        self.register_buffer("covariances", torch.eye(dimensions).repeat(components, 1, 1))

    @property
    def mixture(self) -> Mixture:
        """The mixture that was kept last."""
        return Mixture(self.weights, self.means, self.covariances)

    def keep(self, mixture: Mixture) -> None:
        """Make a mixture part of the network's state."""
        self.weights.copy_(mixture.weights)
        self.means.copy_(mixture.means)
        self.covariances.copy_(mixture.covariances)

    def estimate(self, points: Tensor) -> Mixture:
        """The mixture of points (n, dimensions) with the memberships that `estimator` gives."""
        return moments(points, self.estimator(points))

    def describe(self, images: Tensor, codes: Tensor, restored: Tensor) -> Tensor:
        """The cells of a batch, (n, dimensions, H / stride, W / stride)."""
        if not self.joint:
            return codes
        network = self.autoencoder
        image, copy = ((each - network.mean) / network.deviation for each in (images, restored))
        difference, power, copied, product = (
            functional.avg_pool2d(each.mean(dim=1, keepdim=True), network.stride)
            for each in ((image - copy).square(), image.square(), copy.square(), image * copy)
        )
        distance = ((difference + FLOOR) / (power + FLOOR)).sqrt()
        similarity = product / ((power + FLOOR) * (copied + FLOOR)).sqrt()
        return torch.cat([codes, distance, similarity], dim=1)

    def forward(self, images: Tensor) -> Tensor:
        """The cells of a batch, (n, dimensions, H / stride, W / stride)."""
        codes = self.autoencoder.encode(images)
        return self.describe(images, codes, self.autoencoder.decode(codes))


def points_of(cells: Tensor) -> Tensor:
    """The cells (n, d, rows, columns) as points (n * rows * columns, d)."""
    return cells.movedim(1, 3).flatten(0, 2)
