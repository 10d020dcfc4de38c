"""Defects painted on a texture, each with the exact mask of the pixels that it changes.

A defect stays within the brightness of the texture around it, so that no threshold on brightness
finds it; what gives it away is its shape, or that the texture inside is another or none.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from images.colour import Image, Mask

Plane = NDArray[np.float64]


@dataclass(frozen=True)
class Defective:
    """An image with a defect, and where it is."""

    image: Image
    mask: Mask


Defect = Callable[[Image, Image, np.random.Generator], Defective]
"""Paints on a grey image; the second image is another texture of the same size."""


def scratch(image: Image, other: Image, rng: np.random.Generator) -> Defective:
    """A thin curved line, brighter along one side and darker along the other."""
    side = min(image.shape)
    along, across = _turned(image, _centre(image, rng, 0.3), rng.uniform(0, np.pi))
    bent = across - rng.uniform(-0.4, 0.4) * along**2 / side
    length, width = rng.uniform(0.2, 0.32) * side, rng.uniform(1.6, 2.4)
    mask = (np.abs(along) < length) & (np.abs(bent) < width * (1 - (along / length) ** 4))
    light = np.where(bent > 0, 0.9, 0.1)
    return paint(image, mask, 0.25 * image + 0.75 * np.quantile(image, light))


def blob(image: Image, other: Image, rng: np.random.Generator) -> Defective:
    """A smooth lump, lit from above, that hides the texture."""
    mask, distance, down = _lump(image, rng, 0.05, 0.08)
    height = np.sqrt(np.clip(1 - distance**2, 0, 1))
    smooth = np.median(image[mask]) + image.std() * (0.9 * (height - 0.6) - 0.7 * down)
    return paint(image, mask, smooth)


def hole(image: Image, other: Image, rng: np.random.Generator) -> Defective:
    """An opening with a ragged, lit edge, no darker than the gaps of the texture."""
    mask, distance, _ = _lump(image, rng, 0.045, 0.07)
    dark, light = np.quantile(image, [0.1, 0.85])
    return paint(image, mask, dark + (light - dark) * distance**4)


def stain(image: Image, other: Image, rng: np.random.Generator) -> Defective:
    """A pale spot through which the texture shows, flatter."""
    mask, distance, _ = _lump(image, rng, 0.09, 0.13)
    strength = 0.6 * np.clip(4 * (1 - distance), 0, 1)
    pale = np.quantile(image, [0.5, 0.9]).mean()
    return paint(image, mask, image + strength * (pale - image))


def foreign(image: Image, other: Image, rng: np.random.Generator) -> Defective:
    """A patch of another texture with the brightness and contrast of the one that it replaces."""
    mask, _, _ = _lump(image, rng, 0.08, 0.11)
    inside = other[mask]
    matched = (other - inside.mean()) / inside.std() * image[mask].std() + image[mask].mean()
    return paint(image, mask, matched)


DEFECTS: dict[str, Defect] = {
    "scratch": scratch,
    "blob": blob,
    "hole": hole,
    "stain": stain,
    "foreign": foreign,
}


def paint(image: Image, mask: Mask, colours: Image) -> Defective:
    """The image with the pixels of a mask painted, in 8 bits, none of them left as it was."""
    levels, painted = (np.clip(np.rint(255 * each), 0, 255) for each in (image, colours))
    same = painted == levels
    painted[same] += np.where(levels[same] < 128, 1, -1)
    levels[mask] = painted[mask]
    return Defective(np.divide(levels, np.float32(255), dtype=np.float32), mask)


def _centre(image: Image, rng: np.random.Generator, margin: float) -> Plane:
    return rng.uniform(margin, 1 - margin, 2) * image.shape


def _turned(image: Image, centre: Plane, angle: float) -> tuple[Plane, Plane]:
    """Coordinates of every pixel along and across a direction."""
    down = np.arange(image.shape[0])[:, None] - centre[0]
    right = np.arange(image.shape[1]) - centre[1]
    return (
        np.cos(angle) * right + np.sin(angle) * down,
        np.cos(angle) * down - np.sin(angle) * right,
    )


def _lump(
    image: Image, rng: np.random.Generator, smallest: float, largest: float
) -> tuple[Mask, Plane, Plane]:
    """An irregular roundish area: its mask, and for every pixel two coordinates.

    The first is 0 in the middle and 1 at the edge and beyond, the second counts downward from the
    middle in radii.
    """
    centre = _centre(image, rng, 0.2)
    radius = rng.uniform(smallest, largest) * min(image.shape)
    along, across = _turned(image, centre, rng.uniform(0, np.pi))
    ragged = gaussian_filter(rng.normal(size=image.shape), 0.3 * radius)
    distance = np.hypot(along, across * rng.uniform(1, 1.5)) / radius
    distance *= 1 + 0.12 * ragged / ragged.std()
    down = (np.arange(image.shape[0])[:, None] - centre[0]) / radius
    return distance < 1, np.clip(distance, 0, 1), down
