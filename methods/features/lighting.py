"""Brightness and contrast of an image adjusted to the normal images.

A defect must not change the lighting of its surroundings: a few pixels that are far too bright
raise the standard deviation of an image several times. So the moments are winsorised (Dixon and
Tukey, Technometrics 1968): the darkest and the brightest pixels take the values of the darkest
and the brightest of the rest.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple, Self

import numpy as np
from pydantic import Field

from images.colour import Image, to_grey
from methods.effort import FREE

LEAST_GAIN, MOST_GAIN = 0.5, 2.0
NOISE = 0.01
"""Standard deviation below which what varies is taken for noise, not for contrast."""
MEASURED = 32
"""Most normal images whose lighting is measured."""
TAIL = 0.05
"""Share of the pixels of an image that is winsorised at each end: the largest defect that does not
move the moments."""


LightingChoice = Literal["matched", "kept"]


def lighting_field(default: LightingChoice) -> Any:
    """The field that says whether the lighting of images is matched to the normal ones."""
    return Field(
        default,
        title="Lighting",
        description="Adjust the brightness and contrast of each image to the normal images, so "
        "that a change of exposure is not an anomaly. An image that is only darker "
        "or brighter as a whole is then normal too.",
        json_schema_extra=FREE,
    )


def measured(images: Sequence[Image]) -> Iterator[Image]:
    """The images whose lighting is measured: at most `MEASURED`, spread evenly over all."""
    chosen = np.unique(np.linspace(0, len(images) - 1, MEASURED).round().astype(int))
    return map(images.__getitem__, chosen.tolist())


class Change(NamedTuple):
    """A linear change of all values: ``gain * value + shift``."""

    gain: float
    shift: float

    def then(self, gain: float, shift: float) -> "Change":
        """This change and another one after it."""
        return Change(gain * self.gain, gain * self.shift + shift)

    def of(self, image: Image, out: Image) -> None:
        """Write an image with its values changed."""
        np.multiply(image, np.float32(self.gain), out=out)
        out += np.float32(self.shift)

    def changed(self, image: Image) -> Image:
        """An image with its values changed; the same one where nothing changes."""
        if self == UNCHANGED:
            return image
        found = np.empty(image.shape, dtype=np.float32)
        self.of(image, found)
        return found

    def inverse(self) -> "Change":
        """What undoes the change."""
        return Change(1 / self.gain, -self.shift / self.gain)


UNCHANGED = Change(1.0, 0.0)


class Lighting(NamedTuple):
    """The mean and standard deviation of an image's grey values, winsorised, or what is usual."""

    mean: float
    deviation: float

    @classmethod
    def of(cls, image: Image) -> Self:
        """That of one image; its pixels are sorted, about 8 ms for a megapixel."""
        grey = np.sort(to_grey(image), axis=None)
        tail = int(TAIL * grey.size)
        grey[:tail], grey[grey.size - tail :] = grey[tail], grey[grey.size - tail - 1]
        return cls(float(grey.mean(dtype=np.float64)), float(grey.std(dtype=np.float64)))

    @classmethod
    def usual(cls, found: Sequence[Self]) -> Self:
        """The medians over images."""
        return cls(*np.median(found, axis=0).tolist())

    def matching(self, image: Image) -> Change:
        """What brings an image to this mean and standard deviation: m + g (x - mean(x)).

        The gain g is the same for all channels, so that hues stay, and from 0.5 to 2, so that an
        image without any texture is not blown up. Values may leave 0 to 1.
        """
        mean, deviation = self.of(image)
        gain = max(self.deviation, NOISE) / max(deviation, NOISE)
        gain = min(max(gain, LEAST_GAIN), MOST_GAIN)
        return Change(gain, self.mean - gain * mean)
