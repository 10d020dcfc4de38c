"""Brightness and contrast of an image adjusted to the normal images."""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np

from images.colour import Image, to_grey

LEAST_GAIN, MOST_GAIN = 0.5, 2.0
NOISE = 0.01
"""Standard deviation below which what varies is taken for noise, not for contrast."""


class Lighting(NamedTuple):
    """The mean and standard deviation of the grey values of an image, or what is usual of them."""

    mean: float
    deviation: float

    @classmethod
    def of(cls, image: Image) -> Self:
        """That of one image; one pass over its pixels."""
        grey = to_grey(image)
        return cls(float(grey.mean(dtype=np.float64)), float(grey.std(dtype=np.float64)))

    @classmethod
    def usual(cls, found: Sequence[Self]) -> Self:
        """The medians over images."""
        return cls(*np.median(found, axis=0).tolist())

    def matched(self, image: Image) -> Image:
        """An image brought to this mean and standard deviation: m + g (x - mean(x)).

        The gain g is the same for all channels, so that hues stay, and from 0.5 to 2, so that an
        image without any texture is not blown up. Values may leave 0 to 1.
        """
        mean, deviation = self.of(image)
        gain = max(self.deviation, NOISE) / max(deviation, NOISE)
        return np.float32(self.mean) + np.float32(min(max(gain, LEAST_GAIN), MOST_GAIN)) * (
            image - np.float32(mean)
        )
