"""From a score map to a mask of what is called defective."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from evaluation.metrics.regions import EIGHT_CONNECTED
from images.colour import Mask
from methods.patches.grid import ScoreMap


@dataclass(frozen=True)
class PostProcessing:
    """What happens to a mask after the threshold; the same for all methods of a comparison."""

    border: int = 0
    """Pixels along the border that are never marked as defective."""
    opening: int = 0
    """Radius in pixels of a disc; parts that it does not fit into are removed."""
    smallest_area: int = 0
    """Pixels; smaller regions are removed. Regions are 8-connected."""


NO_PROCESSING = PostProcessing()


def decide(
    scores: ScoreMap,
    threshold: float,
    processing: PostProcessing = NO_PROCESSING,
    *,
    weak_threshold: float | None = None,
    counted: Mask | None = None,
) -> Mask:
    """The mask (H, W) of the pixels that a threshold calls defective.

    Only pixels in `counted` (H, W) are called, and only they join, carry or enlarge a region; None
    is for all pixels.

    With a `weak_threshold` (hysteresis) each region also takes in what it touches, step by step,
    at or above that lower threshold. Steps come in this order: border, hysteresis, opening,
    smallest area.
    """
    allowed = _inside_border(np.shape(scores), processing.border)
    if counted is not None:
        allowed &= counted
    called = allowed & (scores >= threshold)
    if weak_threshold is not None:
        weak = allowed & (scores >= weak_threshold)
        called = ndimage.binary_propagation(called, structure=EIGHT_CONNECTED, mask=weak | called)
    if processing.opening:
        called = ndimage.binary_opening(called, structure=_disc(processing.opening))
    if processing.smallest_area > 1:
        regions, _ = ndimage.label(called, structure=EIGHT_CONNECTED)
        large = np.bincount(regions.ravel()) >= processing.smallest_area
        large[0] = False
        called = large[regions]
    return called


def _inside_border(shape: tuple[int, ...], border: int) -> Mask:
    height, width = shape
    inside = np.zeros(shape, dtype=bool)
    inside[border : max(border, height - border), border : max(border, width - border)] = True
    return inside


def _disc(radius: int) -> Mask:
    steps = np.arange(-radius, radius + 1)
    return np.hypot(steps[:, None], steps) <= radius + 0.5
