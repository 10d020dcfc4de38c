"""An autoencoder, the mixture of its codes, and the network that estimates memberships."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from methods.detectors.restoration.networks.mixture import Mixture, moments
from methods.detectors.restoration.networks.network import ConvolutionalAutoencoder
from methods.training.layers import draw_layer, drop_half

HIDDEN = 10
"""Units of the estimation network's hidden layer."""
FLOOR = 1e-6
"""Least power of a cell, in units of the images' variance; a constant cell has none."""


class MixtureNetwork(nn.Module):
    """An autoencoder with a mixture of Gaussians over what describes a cell of its code.

    A cell is described by its code, and in the joint form (Zong et al., section 3) also by two
    errors of its square of pixels, relative distance and cosine similarity of image and
    restoration. There, a network of one hidden layer estimates the memberships of a cell.
    """

    weights: Tensor
    means: Tensor
    covariances: Tensor
    lowest: Tensor

    def __init__(
        self,
        autoencoder: ConvolutionalAutoencoder,
        code: int,
        components: int,
        joint: bool,
        *,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        dimensions = code + 2 * joint
        self.autoencoder = autoencoder
        self.joint = joint
        if joint:
            self.hidden = draw_layer(nn.Linear, dimensions, HIDDEN, generator=generator)
            self.memberships = draw_layer(nn.Linear, HIDDEN, components, generator=generator)
        self.register_buffer("weights", torch.full((components,), 1 / components))
        self.register_buffer("means", torch.zeros(components, dimensions))
        self.register_buffer("covariances", torch.eye(dimensions).repeat(components, 1, 1))
        self.register_buffer("lowest", torch.zeros(()))

    @property
    def mixture(self) -> Mixture:
        """The mixture that was kept last."""
        return Mixture(self.weights, self.means, self.covariances)

    def keep(self, mixture: Mixture, lowest: Tensor) -> None:
        """Make a mixture part of the network's state, with the energy that counts as zero."""
        self.weights.copy_(mixture.weights)
        self.means.copy_(mixture.means)
        self.covariances.copy_(mixture.covariances)
        self.lowest.copy_(lowest)

    def estimate(self, points: Tensor, dropout: torch.Generator | None = None) -> Mixture:
        """The mixture of points (n, dimensions) with the memberships that are estimated.

        With a generator, half of the hidden units are dropped.
        """
        hidden = self.hidden(points).tanh()
        if dropout is not None:
            hidden = drop_half(hidden, dropout)
        return moments(points, self.memberships(hidden).softmax(dim=1))

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
        restored = self.autoencoder(images)
        return self.describe(images, self.autoencoder.encode_middles(images), restored)


def points_of(cells: Tensor) -> Tensor:
    """The cells (n, d, rows, columns) as points (n * rows * columns, d)."""
    return cells.movedim(1, 3).flatten(0, 2)
