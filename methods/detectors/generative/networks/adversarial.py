"""Generator, critic and encoder of f-AnoGAN, fully convolutional, and the penalty of the critic."""

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from methods.detectors.restoration.networks.network import ConvolutionalAutoencoder
from methods.training.layers import draw_layer


class Critic(nn.Module):
    """How real a standardised image (n, channels, H, W) looks: one number each, without bound.

    The mean over the cells of `depth` convolutions of 5 x 5 and stride 2 with leaky ReLU and one of
    1 x 1. There is no batch normalisation, with which the score of an image, and its gradient,
    would depend on the others in its batch.
    """

    def __init__(
        self, channels: int, width: int, depth: int, *, generator: torch.Generator
    ) -> None:
        super().__init__()
        widths = [channels, *(width * min(2**level, 4) for level in range(depth))]
        self.layers = nn.ModuleList(
            draw_layer(nn.Conv2d, before, after, 5, 2, 2, generator=generator)
            for before, after in pairwise(widths)
        )
        self.score = draw_layer(nn.Conv2d, widths[-1], 1, 1, generator=generator)

    def features(self, images: Tensor) -> Tensor:
        """Its last activations (n, features, H / stride, W / stride)."""
        for layer in self.layers:
            images = functional.leaky_relu(layer(images), 0.2)
        return images

    def forward(self, images: Tensor) -> Tensor:
        """The scores (n)."""
        scores: Tensor = self.score(self.features(images))
        return scores.mean(dim=(1, 2, 3))


class AdversarialNetwork(nn.Module):
    """An autoencoder whose decoder is the generator and whose encoder inverts it, and a critic."""

    def __init__(self, autoencoder: ConvolutionalAutoencoder, critic: Critic) -> None:
        super().__init__()
        self.autoencoder = autoencoder
        self.critic = critic

    @property
    def generator(self) -> nn.Module:
        """The layers that turn codes into images."""
        return nn.ModuleList(
            [self.autoencoder.from_code, self.autoencoder.up, self.autoencoder.out]
        )

    @property
    def encoder(self) -> nn.Module:
        """The layers that turn images into codes."""
        return nn.ModuleList([self.autoencoder.down, self.autoencoder.to_code])

    def standardised(self, images: Tensor) -> Tensor:
        """The images in the units that the critic sees."""
        return (images - self.autoencoder.mean) / self.autoencoder.deviation

    def forward(self, images: Tensor) -> Tensor:
        """What the generator makes of the codes of images: the nearest that it can draw."""
        restored: Tensor = self.autoencoder(images)
        return restored

    def izi_f(self, images: Tensor, restored: Tensor, weight: float) -> Tensor:
        """The score of f-AnoGAN for every pixel, (n, 1, H, W).

        With the critic's features f of both images, in standardised values,

            |x - y|^2 / n  +  weight |f(x) - f(y)|^2 / n_f

        where n and n_f count the channels: Schlegl et al. 2019, equation 5, whose means over an
        image are those over this map. The second term belongs to cells and is linear between their
        middles; pixels at the lower and right border see the other one.
        """
        image, copy = self.standardised(images), self.standardised(restored)
        error = (image - copy).square().mean(dim=1, keepdim=True)
        half = self.autoencoder.stride // 2
        one, other = (
            self.critic.features(each.roll((-half, -half), dims=(2, 3))) for each in (image, copy)
        )
        cells = (one - other).square().mean(dim=1, keepdim=True)
        return error + weight * functional.interpolate(
            cells, images.shape[2:], mode="bilinear", align_corners=False
        )


def gradient_penalty(
    critic: Callable[[Tensor], Tensor], real: Tensor, drawn: Tensor, generator: torch.Generator
) -> Tensor:
    """Mean of (|gradient of the critic| - 1)^2 at random places between real and drawn images.

    Gulrajani, Ahmed, Arjovsky, Dumoulin and Courville, Improved training of Wasserstein GANs, NIPS
    2017, equation 3.
    """
    share = torch.rand((len(real), 1, 1, 1), generator=generator).to(real.device)
    between = (real + share * (drawn - real)).detach().requires_grad_()
    (gradient,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    return (gradient.flatten(1).norm(dim=1) - 1).square().mean()
