"""How scores become colours: one scale for a method, never one for an image.

The scale starts at the median of held-out normal scores and the threshold always has the middle
colour, so a clean image looks clean and two images in one colour have one score.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.report.palette import colour_table
from images.colour import Image, Mask
from methods.patches.grid import ScoreMap

THRESHOLD_AT = 0.5
"""Where the threshold lies on the colour scale."""

Picture8 = NDArray[np.uint8]
"""(H, W, 3), red, green and blue from 0 to 255."""


@dataclass(frozen=True)
class DisplayRange:
    """Which scores the colour scale of a method spans."""

    low: float
    threshold: float

    @property
    def high(self) -> float:
        """The score of the last colour; higher ones have it too."""
        return self.low + (self.threshold - self.low) / THRESHOLD_AT

    def position(self, scores: ScoreMap) -> ScoreMap:
        """Scores as places on the colour scale, from 0 to 1."""
        return np.clip((scores - self.low) / (self.high - self.low), 0.0, 1.0, dtype=np.float32)


def display_range(low: float, threshold: float) -> DisplayRange:
    """The scale for a threshold; one that is not above `low` moves the start of the scale."""
    if threshold > low:
        return DisplayRange(low, threshold)
    return DisplayRange(threshold - max(abs(threshold), 1.0) * 1e-3, threshold)


def colours(scores: ScoreMap, scale: DisplayRange, palette: str = "Inferno") -> Picture8:
    """A score map as a picture."""
    return np.take(colour_table(palette), _levels(scores, scale), axis=0)


def overlay(image: Image, scores: ScoreMap, scale: DisplayRange, opacity: float) -> Picture8:
    """A score map laid over its image."""
    below = image.clip(0, 1) * np.float32(255 * (1 - opacity)) + np.float32(0.5)
    table = np.ascontiguousarray(colour_table("Inferno").T * np.float32(opacity))
    levels = _levels(scores, scale)
    mixed = np.empty((*levels.shape, 3), dtype=np.uint8)
    for channel, shades in enumerate(table):
        under = below if image.ndim == 2 else below[..., channel]
        # To whole numbers by cutting off, hence the half above: the nearest ones.
        np.add(np.take(shades, levels), under, out=mixed[..., channel], casting="unsafe")
    return mixed


def _levels(scores: ScoreMap, scale: DisplayRange) -> NDArray[np.uint8]:
    """The place of each score in a table of 256 colours."""
    return np.rint(scale.position(scores) * np.float32(255)).astype(np.uint8)


def outline(
    picture: Picture8, mask: Mask, colour: tuple[int, int, int], thickness: int = 1
) -> Picture8:
    """The picture with the inner edge of a mask drawn in a colour, `thickness` pixels wide."""
    from scipy.ndimage import binary_erosion

    drawn = picture.copy()
    drawn[mask & ~binary_erosion(mask, iterations=thickness)] = colour
    return drawn
