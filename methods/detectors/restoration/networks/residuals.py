"""Losses between images and their restorations, each as a map over the pixels.

Every map takes two batches (n, channels, H, W) to (n, 1, H, W), the mean over the channels, and is
zero where the two agree. The mean of a map is the training loss and its pixels are the score.
"""

from collections.abc import Callable
from functools import lru_cache, partial

import torch
from torch import Tensor
from torch.nn import functional

from methods.detectors.restoration.networks.losses import LossName

SIGMA = 1.5
"""Standard deviation of the Gaussian window of SSIM, pixels."""
RADIUS = 5
"""The window ends here: 11 x 11 pixels, as published."""
SCALES = 3
"""Resolutions of the multi-scale SSIM: whole, half and quarter."""
TINY = 1e-8
"""Keeps the root of a vanishing gradient differentiable."""
REACH = 4 * (RADIUS + 2)
"""Pixels around a pixel on which its residual may depend, with any of the maps."""

Residual = Callable[[Tensor, Tensor], Tensor]


def residual(loss: LossName, weight: float, deviation: Tensor) -> Residual:
    """The map of that name.

    ``l2+ssim`` is the squared error in units of the images' variance (`deviation` squared) plus
    `weight` times 1 - SSIM, so that both are near one for an image of which nothing is restored.
    """
    if loss == "l2+ssim":
        return partial(_mixed, weight=weight, deviation=deviation)
    return {
        "l2": squared_error,
        "ssim": structural_dissimilarity,
        "ms-ssim": multiscale_dissimilarity,
    }[loss]


def squared_error(image: Tensor, restored: Tensor) -> Tensor:
    """Squared difference."""
    return (image - restored).square().mean(dim=1, keepdim=True)


def structural_dissimilarity(image: Tensor, restored: Tensor) -> Tensor:
    """1 - SSIM, from 0 (alike) to 2.

    Over Gaussian windows of 11 x 11 pixels, mirrored at the border, with means m1 and m2, variances
    v1 and v2 and covariance c of the two images, C1 = 0.01^2 and C2 = 0.03^2:

        SSIM = (2 m1 m2 + C1) (2 c + C2) / ((m1^2 + m2^2 + C1) (v1 + v2 + C2))

    Wang, Bovik, Sheikh and Simoncelli, Image quality assessment, IEEE TIP 2004, equation 13, for
    values in [0, 1]. Costs five separable filters.
    """
    moments = torch.cat([image, restored, image * image, restored * restored, image * restored])
    mean1, mean2, square1, square2, product = window_mean(moments).chunk(5)
    means = mean1 * mean2
    powers = mean1.square() + mean2.square()
    luminance = (2 * means + 0.01**2) / (powers + 0.01**2)
    structure = (2 * (product - means) + 0.03**2) / (square1 + square2 - powers + 0.03**2)
    return 1 - (luminance * structure).mean(dim=1, keepdim=True)


def multiscale_dissimilarity(image: Tensor, restored: Tensor) -> Tensor:
    """Mean of 1 - SSIM at whole, half and quarter resolution, each enlarged to the whole.

    A mean over scales rather than the product of Wang's MS-SSIM (2003), which has no gradient where
    a covariance is negative, as at the start of a training.
    """
    total = structural_dissimilarity(image, restored)
    for _ in range(1, SCALES):
        image, restored = (functional.avg_pool2d(each, 2) for each in (image, restored))
        coarse = structural_dissimilarity(image, restored)
        total = total + functional.interpolate(coarse, total.shape[2:], mode="bilinear")
    return total / SCALES


def gradient_dissimilarity(image: Tensor, restored: Tensor) -> Tensor:
    """1 - similarity of gradient magnitudes, from 0 (alike) to 1.

    With magnitudes g1 and g2 of Prewitt's gradients and T = 0.0026:

        similarity = (2 g1 g2 + T) / (g1^2 + g2^2 + T)

    Xue, Zhang, Mou and Bovik, Gradient magnitude similarity deviation, IEEE TIP 2014, equation 4.
    """
    first, second = _squared_gradient(image), _squared_gradient(restored)
    similarity = (2 * (first * second).sqrt() + 0.0026) / (first + second + 0.0026)
    return 1 - similarity.mean(dim=1, keepdim=True)


def window_mean(images: Tensor) -> Tensor:
    """The mean through the Gaussian window of SSIM, every channel alone."""
    height, width = images.shape[2:]
    return _smoother(height, images.device) @ images @ _smoother(width, images.device).T


def _mixed(image: Tensor, restored: Tensor, *, weight: float, deviation: Tensor) -> Tensor:
    error = squared_error(image / deviation, restored / deviation)
    return error + weight * structural_dissimilarity(image, restored)


def _squared_gradient(images: Tensor) -> Tensor:
    """Squared magnitude of the Prewitt gradient, mirrored at the border and never quite zero."""
    padded = functional.pad(images, (1, 1, 1, 1), mode="reflect")
    across = (padded[..., 2:] - padded[..., :-2]) / 3
    down = (padded[..., 2:, :] - padded[..., :-2, :]) / 3
    horizontal = across[..., :-2, :] + across[..., 1:-1, :] + across[..., 2:, :]
    vertical = down[..., :-2] + down[..., 1:-1] + down[..., 2:]
    return horizontal.square() + vertical.square() + TINY


@lru_cache(maxsize=8)
@torch.inference_mode(False)  # what was made while scoring must be of use in training too
def _smoother(length: int, where: torch.device) -> Tensor:
    """Matrix (length, length) that filters a side with the window of SSIM.

    A product with it is many times quicker on a processor than a convolution of one channel.
    """
    offsets = torch.arange(-RADIUS, RADIUS + 1)
    window = torch.exp(-0.5 * (offsets / SIGMA).square())
    pixels = torch.arange(-RADIUS, length + RADIUS).abs()
    mirrored = (length - 1) - (length - 1 - pixels).abs()
    shifted = torch.eye(length)[mirrored].unfold(0, len(window), 1)
    return (shifted @ (window / window.sum())).to(where)
