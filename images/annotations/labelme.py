"""LabelMe: a JSON file for each image, with polygons, rectangles, circles and masks.

https://github.com/wkentaro/labelme: ``imagePath``, ``imageWidth``, ``imageHeight`` and ``shapes``,
each with a label, a ``shape_type`` and ``points`` (x, y). A rectangle has two corners, a circle its
centre and a point on it, and a mask the corners of a box and a PNG in it.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from images.annotations.annotation import (
    Annotated,
    AnnotationFormat,
    Ellipse,
    Polygon,
    Shape,
    items,
    points_of,
    rectangle,
)
from images.annotations.registry import json_of, register
from images.colour import Mask
from images.errors import ImageError
from images.reading.files import File
from images.reading.reader import read_image


@register
class LabelMe(AnnotationFormat):
    """Points and lines say that there is a defect, but not how large it is."""

    name = "labelme"
    title = "LabelMe"
    ending = ".json"

    def parse(self, file: File) -> Sequence[Annotated] | None:
        whole = json_of(file)
        if not isinstance(whole, dict) or not {"shapes", "imagePath"} <= whole.keys():
            return None
        try:
            marks = list(items(whole["shapes"], "shapes"))
            shapes = [shape for mark in marks if (shape := _shape(mark)) is not None]
            width, height = whole.get("imageWidth"), whole.get("imageHeight")
            return [
                Annotated(
                    str(whole["imagePath"]).replace("\\", "/").rpartition("/")[2],
                    tuple(shapes),
                    frozenset(str(mark.get("label", "defect")) for mark in marks),
                    (int(width), int(height)) if width and height else None,
                    without_area=len(shapes) < len(marks),
                )
            ]
        except (ValueError, TypeError, OverflowError, KeyError, IndexError) as error:
            reason = f"no {error}" if isinstance(error, KeyError) else str(error)
            raise ImageError(file.name, f"is not a valid LabelMe file: {reason}") from None


@dataclass(frozen=True)
class Bitmap(Shape):
    """A small mask at a place of the image."""

    left: int
    top: int
    picture: bytes

    def mask(self, height: int, width: int) -> Mask:
        picture = read_image(self.picture)
        inner = (picture if picture.ndim == 2 else picture.max(axis=2)) > 0
        bottom, right = self.top + inner.shape[0], self.left + inner.shape[1]
        if min(self.left, self.top) < 0 or bottom > height or right > width:
            raise ValueError(
                f"a mask of {inner.shape[1]} x {inner.shape[0]} pixels that goes beyond it"
            )
        mask = np.zeros((height, width), dtype=bool)
        mask[self.top : bottom, self.left : right] = inner
        return mask


def _shape(mark: dict[str, Any]) -> Shape | None:
    kind = mark.get("shape_type") or "polygon"
    points = [(float(x), float(y)) for x, y in mark["points"]]
    if not np.isfinite(points).all():
        raise ValueError("coordinates that are not numbers")
    if kind == "polygon":
        return Polygon(points_of([at for point in points for at in point]))
    if kind == "rectangle":
        (left, top), (right, bottom) = points
        return rectangle(left, top, right, bottom)
    if kind == "circle":
        (x, y), (edge_x, edge_y) = points
        radius = float(np.hypot(edge_x - x, edge_y - y))
        return Ellipse(x, y, radius, radius)
    if kind == "mask":
        try:
            picture = base64.b64decode(mark["mask"], validate=True)
        except binascii.Error:
            raise ValueError("a mask that is not base64") from None
        return Bitmap(round(points[0][0]), round(points[0][1]), picture)
    return None
