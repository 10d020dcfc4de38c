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
    """A thin curved line, bright along one side and dark along the other."""
    side = min(image.shape)
    along, across = _turned(image, _centre(image, rng, 0.3), rng.uniform(0, np.pi))
    bent = across - rng.uniform(-0.4, 0.4) * along**2 / side
    length, width = rng.uniform(0.3, 0.42) * side, rng.uniform(2, 2.8)
    mask = (np.abs(along) < length) & (np.abs(bent) < width * (1 - (along / length) ** 4))
    dark, light = np.quantile(image, [0.03, 0.97])
    return paint(image, mask, 0.15 * image + 0.85 * np.where(bent > 0, light, dark))


def blob(image: Image, other: Image, rng: np.random.Generator) -> Defective:
    """A glossy drop, lit from above, that hides the texture."""
    mask, distance, down = _lump(image, rng, 0.12, 0.16)
    gloss = np.exp(-(((down + 0.45) / 0.15) ** 2)) * (distance < 0.75)
    shade = 1.2 * np.sqrt(1 - distance**2) - 1.2 * down - 0.8
    return paint(image, mask, np.median(image[mask]) + image.std() * (shade + 1.2 * gloss))


def hole(image: Image, other: Image, rng: np.random.Generator) -> Defective:
    """An opening with a ragged, lit edge, no darker than the gaps of the texture."""
    mask, distance, _ = _lump(image, rng, 0.11, 0.14)
    dark, light = np.quantile(image, [0.06, 0.95])
    return paint(image, mask, dark + (light - dark) * distance**5)


def stain(image: Image, other: Image, rng: np.random.Generator) -> Defective:
    """A dried spot with a dark rim, through which the texture shows, a little paler."""
    mask, distance, _ = _lump(image, rng, 0.16, 0.2)
    rim = np.exp(-(((distance - 0.9) / 0.07) ** 2))
    return paint(image, mask, image + image.std() * (0.7 - 2.6 * rim))


def foreign(image: Image, other: Image, rng: np.random.Generator) -> Defective:
    """A patch of another texture, finer, with the brightness of the one that it replaces."""
    mask, _, _ = _lump(image, rng, 0.16, 0.2)
    height, width = image.shape
    finer = other[: height // 2 * 2, : width // 2 * 2].reshape(height // 2, 2, width // 2, 2)
    tiled = np.tile(finer.mean(axis=(1, 3)), (3, 3))[:height, :width]
    inside = tiled[mask]
    matched = (tiled - inside.mean()) / inside.std() * 1.2 * image.std() + image[mask].mean()
    return paint(image, mask, matched)


DEFECTS: dict[str, Defect] = {
    "scratch": scratch,
    "blob": blob,
    "hole": hole,
    "stain": stain,
    "foreign": foreign,
}


def paint(image: Image, mask: Mask, colours: Image) -> Defective:
    """The image with the pixels of a mask painted, in 8 bits, none of them left as it was.

    Paint is never darker or brighter than all but the extremes of the image.
    """
    levels = np.rint(255 * image)
    darkest, brightest = np.rint(np.quantile(levels, [0.002, 0.998]))
    painted = np.clip(np.rint(255 * colours), darkest, brightest)
    same = painted == levels
    painted[same] += np.where(levels[same] > darkest, -1, 1)
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
    centre = _centre(image, rng, 0.25)
    radius = rng.uniform(smallest, largest) * min(image.shape)
    along, across = _turned(image, centre, rng.uniform(0, np.pi))
    ragged = gaussian_filter(rng.normal(size=image.shape), 0.3 * radius)
    distance = np.hypot(along, across * rng.uniform(1, 1.5)) / radius
    distance *= 1 + 0.12 * ragged / ragged.std()
    down = (np.arange(image.shape[0])[:, None] - centre[0]) / radius
    return distance < 1, np.clip(distance, 0, 1), down
