"""What is known of an image at a glance: size, channels, bit depth and mean brightness."""

from dataclasses import dataclass

import numpy as np

from images.colour import LUMA, Image, to_grey
from images.reading.intensity import Range
from images.reading.page import Samples


@dataclass(frozen=True)
class Facts:
    """What a table of images shows of one."""

    width: int
    """Pixels."""
    height: int
    """Pixels."""
    channels: int
    """1 for grey, 3 for colour; alpha is none."""
    depth: str
    """The samples as ``"8-bit"``; empty for an image that comes from no file."""
    brightness: float
    """Mean grey value, 0 to 1."""


@dataclass(frozen=True)
class Tone:
    """What is kept of decoded samples so that their brightness is known without them."""

    channels: int
    mean: float
    """Of the samples, red, green and blue weighted as in `to_grey`; transparent ones count as 0."""
    inverted: bool

    def brightness(self, scale: Range) -> float:
        """Mean grey value from 0 to 1, with black and white given."""
        share = (self.mean - scale.low) / (scale.high - scale.low)
        return float(np.clip(1 - share if self.inverted else share, 0, 1))


def tone_of(samples: Samples) -> Tone:
    """The tone of decoded samples; some 2 ms a megapixel."""
    samples = samples.without_idle_alpha()
    values, alpha = samples.values, samples.alpha
    if alpha is not None and not samples.premultiplied:
        values = values * (alpha if values.ndim == 2 else alpha[..., None])
    if values.ndim == 2:
        return Tone(1, float(values.mean(dtype=np.float64)), samples.inverted)
    means = values.mean(axis=(0, 1), dtype=np.float64)
    return Tone(1 if _is_grey(samples) else 3, float(means @ LUMA), samples.inverted)


def _is_grey(samples: Samples) -> bool:
    """Whether red, green and blue are equal everywhere, which is read as grey."""
    red, green, blue = np.moveaxis(samples.values, 2, 0)
    return bool((red == green).all() and (red == blue).all())


def facts_of(image: Image) -> Facts:
    """The facts of an image that is in memory."""
    height, width = image.shape[:2]
    channels = 1 if image.ndim == 2 else 3
    return Facts(width, height, channels, "", float(to_grey(image).mean(dtype=np.float64)))
