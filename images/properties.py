"""Measurable properties of an image that change with camera, light and magnification."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, gaussian_gradient_magnitude, laplace

from images.colour import Image, to_grey

LAPLACE_OF_NOISE = 20**0.5
"""Standard deviation of the five-point Laplacian of white noise of deviation 1."""


@dataclass(frozen=True)
class Properties:
    """What is measured of one image."""

    brightness: float
    """Median grey value, 0 to 1."""
    contrast: float
    """Grey values from the 5th to the 95th percentile, 0 to 1."""
    noise: float
    """Standard deviation of pixel noise in grey values, from the median absolute Laplacian."""
    texture_scale: float
    """Length in pixels over which brightness changes: smoothed deviation over mean gradient."""
    colour: float
    """Mean difference of the largest and the smallest channel, 0 for grey images."""
    height: float
    """Pixels."""
    width: float
    """Pixels."""


def properties_of(image: Image) -> Properties:
    """Measure an image; some 100 ms a megapixel."""
    grey = to_grey(image)
    low, middle, high = np.quantile(grey, (0.05, 0.5, 0.95))
    smooth = gaussian_filter(grey, 1.0)
    gradient = float(gaussian_gradient_magnitude(grey, 1.0).mean())
    return Properties(
        brightness=float(middle),
        contrast=float(high - low),
        noise=float(1.4826 * np.median(np.abs(laplace(grey))) / LAPLACE_OF_NOISE),
        texture_scale=float(smooth.std()) / gradient if gradient > 1e-6 else 0.0,
        colour=float(np.ptp(image, axis=2).mean()) if image.ndim == 3 else 0.0,
        height=float(image.shape[0]),
        width=float(image.shape[1]),
    )
