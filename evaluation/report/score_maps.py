"""The score maps of the report: overlays with decided masks, each with its decision in words."""

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image as Pillow

from evaluation.assessment import Assessment
from evaluation.comparison.comparison import Comparison
from evaluation.decisions.masks import PostProcessing, decide
from evaluation.level_threshold import Thresholds
from evaluation.report.calls import call, marked
from evaluation.report.display import Picture8, outline, overlay
from evaluation.report.palette import DECISION_COLOUR, MASK_COLOUR, channels
from images.colour import Image, to_rgb

SIDE = 420
"""Longest side of a picture in the report, pixels."""
OPACITY = 0.6


def score_maps(
    comparison: Comparison,
    assessments: Sequence[Assessment],
    thresholds: Mapping[str, Thresholds],
    pictures: Sequence[int],
    processing: PostProcessing,
) -> list[dict[str, Any]]:
    """For each picture its name, the image with its defects outlined, and its maps with words."""
    rows = []
    for index in pictures:
        picture = comparison.data.test[index]
        image, mask = picture.read(), picture.mask()
        plain = np.rint(to_rgb(image).clip(0, 1) * 255).astype(np.uint8)
        thickness = -(-max(image.shape[:2]) // SIDE)
        known = plain if mask is None else outline(plain, mask, channels(MASK_COLOUR), thickness)
        maps = [
            _score_map(one, thresholds[one.result.variant.label], image, index, processing)
            for one in assessments
        ]
        rows.append({"name": picture.name, "image": _address(known), "maps": maps})
    return rows


def _score_map(
    assessment: Assessment,
    thresholds: Thresholds,
    image: Image,
    index: int,
    processing: PostProcessing,
) -> dict[str, str]:
    """A map with its decided mask outlined, and what it says in words."""
    scores, truth = assessment.result.maps[index], assessment.truths[index]
    threshold = thresholds["pixel"].value
    mask = decide(scores, threshold, processing, counted=truth.counted)
    laid = overlay(image, scores, assessment.display_range(threshold), OPACITY)
    thickness = -(-max(image.shape[:2]) // SIDE)
    flagged = bool(assessment.image_scores[index] >= thresholds["image"].value)
    return {
        "address": _address(outline(laid, mask, channels(DECISION_COLOUR), thickness)),
        "words": f"{call(flagged, truth.defective)}; {marked(mask, truth)}",
    }


def _address(pixels: Picture8) -> str:
    """The address of a picture that holds it."""
    picture = Pillow.fromarray(pixels)
    picture.thumbnail((SIDE, SIDE), Pillow.Resampling.BOX)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=88)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
