"""What a bundle finds in one image: score map, score, p-value, decision, mask and regions."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import ndimage

from evaluation.bundle.bundle import Bundle
from evaluation.decisions.masks import decide
from evaluation.decisions.rules.conformal import p_values
from evaluation.metrics.regions import EIGHT_CONNECTED
from evaluation.metrics.truth import Truth
from images.colour import Image, Mask
from images.errors import ImageError
from methods.errors import DetectorError
from methods.patches.grid import ScoreMap


@dataclass(frozen=True)
class Box:
    """The smallest upright rectangle around a region, in pixels from the upper left corner."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True)
class Scored:
    """What a detector gives for an image."""

    scores: ScoreMap
    """(H, W)"""
    own: float | None = None
    """The detector's own score of the image, where images are decided on by that."""


@dataclass(frozen=True)
class Judgement:
    """What was found in an image."""

    scores: ScoreMap
    counted: Mask | None
    """The region of interest (H, W); None for all pixels."""
    score: float
    """Of the image: the detector's own where the bundle says so, else by its rule from the map."""
    p_value: float | None
    """Conformal; None where the bundle has no scores of normal images."""
    defective: bool
    """Whether the score is at or above the image threshold."""
    mask: Mask
    """The pixels (H, W) at or above the pixel threshold, after post-processing."""

    @property
    def defective_share(self) -> float:
        """The part of the region of interest that the mask marks."""
        return float(
            self.mask.sum() / (self.mask.size if self.counted is None else self.counted.sum())
        )

    @cached_property
    def boxes(self) -> tuple[Box, ...]:
        """A box for each 8-connected region of the mask, from top to bottom."""
        if not self.mask.any():
            return ()
        labels, _ = ndimage.label(self.mask, structure=EIGHT_CONNECTED)
        return tuple(
            Box(x.start, y.start, x.stop - x.start, y.stop - y.start)
            for y, x in ndimage.find_objects(labels)
        )

    def median(self) -> float:
        """The middle score of the region of interest; a small defect does not move it."""
        return float(np.median(self.scores if self.counted is None else self.scores[self.counted]))


def judge(bundle: Bundle, name: str, image: Image, with_data: Mask | None = None) -> Judgement:
    """Score an image and decide, as in the comparison from which the bundle was exported.

    `with_data` (H, W) leaves out pixels that have no data. Raises `ImageError` when the region of
    interest does not fit the image, and `DetectorError` when the detector cannot use it.
    """
    counted = counted_pixels(bundle, name, image, with_data)
    return decided(bundle, name, scored(bundle, image), counted)


def scored(bundle: Bundle, image: Image) -> Scored:
    """What the detector of a bundle gives for an image; raises `DetectorError`."""
    scores = bundle.detector.score_map(image)
    if not bundle.facts.own_image_score:
        return Scored(scores)
    whole = bundle.detector.judge(image)
    if whole is None or not np.isfinite(whole.score):
        raise DetectorError(f"{bundle.name} gives no score of the image as a whole.")
    return Scored(scores, whole.score)


def decided(bundle: Bundle, name: str, given: Scored, counted: Mask | None) -> Judgement:
    """What a bundle makes of scores and a region of interest (H, W)."""
    facts, scores, whole = bundle.facts, given.scores, given.own
    if whole is None:
        whole = facts.image_score.rule().of(scores, Truth(name, None, None, counted))
    score = np.float32(whole)  # in which the scores of the comparison and its thresholds are
    normal = bundle.normal_scores
    return Judgement(
        scores,
        counted,
        float(score),
        float(p_values(normal, np.array([score]))[0]) if len(normal) else None,
        bool(score >= facts.image_threshold.value),
        decide(scores, facts.pixel_threshold.value, facts.processing.rule(), counted=counted),
    )


def counted_pixels(bundle: Bundle, name: str, image: Image, with_data: Mask | None) -> Mask | None:
    """The region of interest of an image without pixels that have no data; None for all pixels.

    Raises `ImageError` when the region does not fit the image, or when there is none.
    """
    height, width = image.shape[:2]
    region = bundle.region
    if region is not None and region.shape != (height, width):
        raise ImageError(
            name,
            f"is {width} x {height} pixels, but the region of interest is {region.shape[1]} x "
            f"{region.shape[0]}",
        )
    if with_data is None or region is None:
        counted = region if with_data is None else with_data
    else:
        counted = region & with_data
    if counted is not None and not counted.any():
        raise ImageError(name, "has no pixels in the region of interest")
    return counted
