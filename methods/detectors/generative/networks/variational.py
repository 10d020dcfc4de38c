"""The fully convolutional variational autoencoder."""

from functools import partial

import torch
from torch import Tensor, nn

from methods.detectors.generative.networks.elbo import bounded, divergence
from methods.detectors.restoration.networks.network import ConvolutionalAutoencoder
from methods.training.layers import draw_layer

MOST = 8.0
"""Largest size of the logarithm of a posterior variance."""


class VariationalNetwork(ConvolutionalAutoencoder):
    """The autoencoder of the restoration networks with a normal distribution at both ends.

    The encoder gives mean and logarithm of the variance of every code, the decoder those of every
    pixel; both share all layers but the last. Variances of pixels are in units of the variance of
    the training crops.
    """

    def __init__(
        self, channels: int, width: int, depth: int, code: int, *, generator: torch.Generator
    ) -> None:
        super().__init__(channels, width, depth, code, generator=generator)
        self.to_log_variance = draw_layer(
            nn.Conv2d, self.to_code.in_channels, code, 1, generator=generator
        )
        transposed = partial(draw_layer, nn.ConvTranspose2d, generator=generator)
        self.out_log_variance = transposed(self.out.in_channels, channels, 5, 2, 2, 1)

    def posterior(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and logarithm of the variance of the codes, (n, code, H / stride, W / stride)."""
        narrowest = self._levels(images)[-1]
        return self.to_code(narrowest), self.to_log_variance(narrowest).clamp(-MOST, MOST)

    def likelihood(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and logarithm of the variance (n, channels, H, W) of standardised pixels."""
        activations = self.from_code(codes)
        for layer in self.up:
            activations = layer(activations)
        return self.out(activations), bounded(self.out_log_variance(activations))

    def standardised(self, images: Tensor) -> Tensor:
        """The images in the units in which pixels have a likelihood."""
        return (images - self.mean) / self.deviation

    def divergence_map(self, images: Tensor) -> Tensor:
        """The divergence of the code for a pixel, (n, 1, H, W): that of its cell divided by its
        pixels, linear between the middles of cells.

        Pixels at the lower and right border see those of the other.
        """
        half = self.stride // 2
        cells = divergence(*self.posterior(images.roll((-half, -half), dims=(2, 3))))
        return nn.functional.interpolate(
            cells / self.stride**2, images.shape[2:], mode="bilinear", align_corners=False
        )
