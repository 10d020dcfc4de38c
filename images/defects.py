"""Defects painted on a texture, each with the exact mask of the pixels that it changes.

A defect stays within the brightness of the texture around it, so that no threshold on brightness
finds it; what gives it away is its shape, or that the texture inside is another or none.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from images.colour import Image, Mask


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
    rows, columns = np.indices(image.shape)
    angle = rng.uniform(0, np.pi)
    along, across = _turned(rows, columns, _centre(image, rng, 0.3), angle)
    bent = across - rng.uniform(-0.4, 0.4) * along**2 / side
    length, width = rng.uniform(0.2, 0.32) * side, rng.uniform(1.6, 2.4)
    mask = (np.abs(along) < length) & (np.abs(bent) < width * (1 - (along / length) ** 4))
    light = np.where(bent > 0, 0.9, 0.1)
    return _painted(image, mask, 0.25 * image + 0.75 * np.quantile(image, light))


def blob(image: Image, other: Image, rng: np.random.Generator) -> Defective:
    """A smooth lump, lit from above, that hides the texture."""
    mask, distance, (rows, _) = _lump(image, rng, 0.05, 0.08)
    height = np.sqrt(np.clip(1 - distance**2, 0, 1))
    smooth = np.median(image[mask]) + image.std() * (0.9 * (height - 0.6) - 0.7 * rows)
    return _painted(image, mask, smooth)


def hole(image: Image, other: Image, rng: np.random.Generator) -> Defective:
    """A dark opening with a ragged edge, no darker than the gaps of the texture."""
    mask, distance, _ = _lump(image, rng, 0.04, 0.065)
    dark, middle = np.quantile(image, [0.04, 0.3])
    return _painted(image, mask, dark + (middle - dark) * distance**4)


def stain(image: Image, other: Image, rng: np.random.Generator) -> Defective:
    """A wet-looking spot: the texture shows through, flatter and a little darker."""
    mask, distance, _ = _lump(image, rng, 0.09, 0.13)
    strength = 0.65 * np.clip(4 * (1 - distance), 0, 1)
    level = np.quantile(image, 0.35)
    return _painted(image, mask, image + strength * (level - image))


def foreign(image: Image, other: Image, rng: np.random.Generator) -> Defective:
    """A patch of another texture with the brightness and contrast of the one that it replaces."""
    mask, _, _ = _lump(image, rng, 0.08, 0.11)
    inside = other[mask]
    matched = (other - inside.mean()) / inside.std() * image[mask].std() + image[mask].mean()
    return _painted(image, mask, matched)


DEFECTS: dict[str, Defect] = {
    "scratch": scratch,
    "blob": blob,
    "hole": hole,
    "stain": stain,
    "foreign": foreign,
}


def _painted(image: Image, mask: Mask, paint: Image) -> Defective:
    """The image with some pixels painted, in 8 bits, none of them left as it was."""
    levels = np.rint(255 * image).astype(np.int16)
    paint = np.clip(np.rint(255 * paint), 0, 255).astype(np.int16)
    paint[paint == levels] += np.where(levels[paint == levels] < 128, 1, -1).astype(np.int16)
    levels[mask] = paint[mask]
    return Defective(np.divide(levels, np.float32(255), dtype=np.float32), mask)


def _centre(image: Image, rng: np.random.Generator, margin: float) -> np.ndarray:
    return rng.uniform(margin, 1 - margin, 2) * image.shape


def _turned(
    rows: np.ndarray, columns: np.ndarray, centre: np.ndarray, angle: float
) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates along and across a direction."""
    down, right = rows - centre[0], columns - centre[1]
    return (
        np.cos(angle) * right + np.sin(angle) * down,
        np.cos(angle) * down - np.sin(angle) * right,
    )


def _lump(
    image: Image, rng: np.random.Generator, smallest: float, largest: float
) -> tuple[Mask, np.ndarray, np.ndarray]:
    """An irregular roundish area.

    Returns its mask, the distance from its middle (0) to its edge (1), and the two coordinates of
    each pixel in radii.
    """
    centre = _centre(image, rng, 0.2)
    radius = rng.uniform(smallest, largest) * min(image.shape)
    rows, columns = np.indices(image.shape)
    along, across = _turned(rows, columns, centre, rng.uniform(0, np.pi))
    ragged = gaussian_filter(rng.normal(size=image.shape), 0.3 * radius)
    distance = np.hypot(along, across * rng.uniform(1, 1.5)) / radius
    distance = distance * (1 + 0.12 * ragged / ragged.std())
    offsets = np.stack([rows - centre[0], columns - centre[1]]) / radius
    return distance < 1, np.clip(distance, 0, 1), offsets
