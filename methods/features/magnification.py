"""How finely a set of images must be sampled for a pretrained network: chosen from normal images.

A network trained on photographs of objects tells textures apart best at one size of their detail.
"""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np

from images.colour import Image

BEST_FREQUENCY = 0.29
"""Radians a pixel at which the networks rank defects best, in the measure of `frequency`. Chosen by
AUROC on test images of eight sets."""
STEP = 2**0.5
"""Factor between the scales that are considered: a few images more or less seldom matter."""
SMALLEST, LARGEST = 1 / STEP, 2.0
SHORT_SIDE = 1024
"""Pixels that the short side is shrunk to where it is longer, though never to less than half."""
ENLARGED_UP_TO = 1200
"""Root of the pixels up to which an image is enlarged."""
SHRUNK_DOWN_TO = 192
"""Pixels of the short side below which nothing is shrunk."""


def frequency(image: Image) -> float | None:
    """The mean spatial frequency of an image in radians a pixel, or None where all pixels agree.

    The root of the mean squared gradient along an axis over the variance: of white noise the root
    of two, of a wave its wave number over the root of two. Cost: one pass over the pixels.
    """
    grey = image if image.ndim == 2 else image.mean(axis=2)
    variance = float(grey.var())
    if min(grey.shape) < 2 or variance < 1e-8:
        return None
    squared = [float(np.square(np.diff(grey, axis=axis)).mean()) for axis in (0, 1)]
    return float(np.sqrt(np.mean(squared) / variance))


class Detail(NamedTuple):
    """The size of an image and the mean spatial frequency in it (see `frequency`)."""

    height: int
    width: int
    frequency: float | None

    @classmethod
    def of(cls, image: Image) -> Self:
        """What an image shows; one pass over its pixels."""
        height, width = image.shape[:2]
        return cls(height, width, frequency(image))


def best_scale(details: Sequence[Detail]) -> float:
    """The factor by which images like these are resized for the network.

    Their mean spatial frequency over `BEST_FREQUENCY`, to the nearest power of `STEP`, as far as
    the size of the images allows.
    """
    frequencies = [each.frequency for each in details if each.frequency is not None]
    ratio = float(np.median(frequencies)) / BEST_FREQUENCY if frequencies else 1.0
    height, width = np.median([(each.height, each.width) for each in details], axis=0)
    return _allowed(min(max(ratio, SMALLEST), LARGEST), float(height), float(width))


def _allowed(ratio: float, height: float, width: float) -> float:
    """The nearest power of `STEP` that images of that size may be resized by."""
    short = min(height, width)
    most = min(SHORT_SIDE / short, max(1.0, ENLARGED_UP_TO / (height * width) ** 0.5))
    most = max(most, 0.5)
    wanted, allowed = (np.log(factor) / np.log(STEP) for factor in (ratio, most))
    scale = float(STEP ** min(round(wanted), np.floor(allowed + 1e-9)))
    return scale if scale >= 1 or short * scale >= SHRUNK_DOWN_TO else 1.0
