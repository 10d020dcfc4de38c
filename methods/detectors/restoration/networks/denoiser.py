"""The second network of the denoising autoencoder, which corrects what the first restored."""

import torch
from torch import Tensor, nn

from methods.detectors.restoration.networks.network import ConvolutionalAutoencoder
from methods.detectors.restoration.networks.residuals import window_mean
from methods.training.layers import draw_layer

FLOOR = 1e-4
"""Least energy of mask and error, in units of the images' variance."""


class Denoiser(nn.Module):
    """Adds a correction, its feature mask, to an image; trained, the sum is the clean image.

    Each of `layers` convolutions of 3 x 3 has `filters` filters that go on to the next layer and
    one more an image channel, which is added to the mask (Remez, Litany, Giryes and Bronstein, Deep
    class-aware image denoising, ICIP 2017).
    """

    def __init__(
        self, channels: int, layers: int, filters: int, *, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.channels = channels
        self.layers = nn.ModuleList(
            draw_layer(
                nn.Conv2d,
                channels if index == 0 else filters,
                filters + channels,
                3,
                padding=1,
                generator=generator,
            )
            for index in range(layers)
        )

    def forward(self, images: Tensor) -> Tensor:
        """The feature mask (n, channels, H, W)."""
        mask = torch.zeros_like(images)
        features = images
        for layer in self.layers:
            features = layer(features)
            mask = mask + features[:, -self.channels :]
            features = features[:, : -self.channels].relu()
        return mask


class RestoringPair(nn.Module):
    """An autoencoder and the denoiser of what it restores; values are standardised between them."""

    def __init__(self, autoencoder: ConvolutionalAutoencoder, denoiser: Denoiser) -> None:
        super().__init__()
        self.autoencoder = autoencoder
        self.denoiser = denoiser

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """The restored images and the feature mask that smooths them, (n, channels, H, W) each."""
        restored = self.autoencoder(images)
        return restored, self.mask(restored)

    def mask(self, images: Tensor) -> Tensor:
        """The feature mask of images, in their units."""
        network = self.autoencoder
        standard = (images - network.mean) / network.deviation
        return self.denoiser(standard) * network.deviation


def mask_residual(error: Tensor, mask: Tensor) -> Tensor:
    """How much of a restoration's error the feature mask leaves, relative to the mask (n, 1, H, W).

    With E the mean over the channels and through the window of SSIM, in standardised values,

        log((E (error - mask)^2 + f) / (E mask^2 + f))

    A ratio, since the mask of normal texture is strong where the texture is: its plain energy is
    low on smooth defects.
    """
    left, held = (
        window_mean(each.square().mean(dim=1, keepdim=True)) + FLOOR
        for each in (error - mask, mask)
    )
    return (left / held).log()
