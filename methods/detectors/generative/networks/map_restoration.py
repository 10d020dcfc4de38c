"""The normal image nearest to an image, by gradient descent on the evidence lower bound."""

import torch
from torch import Tensor

from methods.detectors.generative.networks.elbo import divergence, log_density
from methods.detectors.generative.networks.variational import VariationalNetwork

ROUND = 0.1
"""Differences far below this many standard deviations count by their square: where nothing varies,
as at the first step, the absolute value has no gradient."""


def total_variation(images: Tensor) -> Tensor:
    """Sum of sqrt(d^2 + r^2) - r over the differences d of neighbours across and down; a scalar."""
    across = images[..., 1:] - images[..., :-1]
    down = images[..., 1:, :] - images[..., :-1, :]
    rounded = [((each.square() + ROUND**2).sqrt() - ROUND).sum() for each in (across, down)]
    return rounded[0] + rounded[1]


def energy(
    network: VariationalNetwork, restored: Tensor, image: Tensor, noise: Tensor, weight: float
) -> Tensor:
    """What a restoration minimises over y for an image x, both standardised; a scalar in nats.

        - ELBO(y) + weight TV(y - x)

    `noise` (n, code, h, w) chooses the code of y from its posterior.
    """
    narrow = network.posterior(restored * network.deviation + network.mean)
    codes = narrow[0] + noise * (0.5 * narrow[1]).exp()
    density = log_density(restored, *network.likelihood(codes)).sum()
    return divergence(*narrow).sum() - density + weight * total_variation(restored - image)


@torch.inference_mode(False)
def restore(
    network: VariationalNetwork,
    images: Tensor,
    noise: Tensor,
    *,
    steps: int,
    rate: float,
    weight: float,
) -> Tensor:
    """Images (n, channels, H, W) with whatever the model finds unlikely made likelier.

    Descent of `steps` steps from the image itself. A step is `rate` times the gradient, and no
    pixel moves by more than `rate` standard deviations in one: the density of a pixel that the
    decoder is sure of has a gradient without bound. With each step a pixel depends on others
    farther away, by less and less, so that a part is restored nearly as in the whole image.

    Chen, You, Tezcan and Konukoglu, Unsupervised lesion detection via image restoration with a
    normative prior, Medical Image Analysis 2020.
    """
    image = network.standardised(images.clone()).detach()
    noise = noise.clone()
    restored = image
    for _ in range(steps):
        restored = restored.detach().requires_grad_()
        with torch.enable_grad():
            lost = energy(network, restored, image, noise, weight)
        (gradient,) = torch.autograd.grad(lost, restored)
        restored = restored - rate * gradient.clamp(-1, 1)
    return restored.detach() * network.deviation + network.mean
