"""COCO: one JSON file for many images, with polygons or run lengths.

https://cocodataset.org/#format-data: ``images`` with id, file_name, width and height;
``categories`` with id and name; ``annotations`` with image_id, category_id and ``segmentation``, a
list of polygons (x and y by turns) or an object of ``size`` (height, width) and ``counts``, run
lengths down the columns that begin outside. Counts are a list, or a text that packs them.
"""

from collections.abc import Sequence
from typing import Any

from images.annotations.annotation import (
    Annotated,
    AnnotationFormat,
    Polygon,
    Runs,
    Shape,
    items,
    points_of,
)
from images.annotations.registry import json_of, register
from images.errors import ImageError
from images.reading.files import File


@register
class Coco(AnnotationFormat):
    """An annotation without a segmentation says that there is a defect, but not where."""

    name = "coco"
    title = "COCO"
    ending = ".json"

    def parse(self, file: File) -> Sequence[Annotated] | None:
        whole = json_of(file)
        if not isinstance(whole, dict) or not {"images", "annotations"} <= whole.keys():
            return None
        try:
            return _parse(whole)
        except (ValueError, TypeError, OverflowError, KeyError) as error:
            reason = f"no {error}" if isinstance(error, KeyError) else str(error)
            raise ImageError(file.name, f"is not a valid COCO file: {reason}") from None


def _parse(whole: dict[str, Any]) -> list[Annotated]:
    names = {
        item["id"]: str(item["name"]) for item in items(whole.get("categories", []), "categories")
    }
    by_image: dict[Any, list[dict[str, Any]]] = {}
    for item in items(whole["annotations"], "annotations"):
        by_image.setdefault(item["image_id"], []).append(item)
    found = []
    for image in items(whole["images"], "images"):
        marks = by_image.get(image["id"], [])
        shapes = [_shapes(mark.get("segmentation")) for mark in marks]
        labels = {str(names.get(it.get("category_id"), it.get("category_id"))) for it in marks}
        size = (int(image["width"]), int(image["height"])) if "width" in image else None
        found.append(
            Annotated(
                str(image["file_name"]),
                tuple(shape for each in shapes for shape in each),
                frozenset(labels),
                size,
                without_area=not all(shapes),
            )
        )
    return found


def _shapes(segmentation: Any) -> list[Shape]:
    if not segmentation:
        return []
    if isinstance(segmentation, list):
        return [Polygon(points_of([float(at) for at in polygon])) for polygon in segmentation]
    height, width = map(int, segmentation["size"])
    counts = segmentation["counts"]
    lengths = unpacked(counts) if isinstance(counts, str) else [int(count) for count in counts]
    return [Runs(tuple(lengths), width, height, by_columns=True)]


def unpacked(text: str) -> list[int]:
    """The run lengths that a text packs. Raises ValueError when it is cut short.

    Each letter less 48 holds five bits of a number, the lowest first, and a sixth that says whether
    more follow; the fifth bit of the last letter is the sign. From the fourth number on, each is
    the difference to the one before the last.
    """
    lengths: list[int] = []
    value = shift = 0
    for letter in text:
        bits = ord(letter) - 48
        if not 0 <= bits < 64 or shift > 60:
            raise ValueError(f"run lengths with the invalid letter {letter!r}")
        value |= (bits & 31) << shift
        shift += 5
        if not bits & 32:
            value -= (bits & 16) << (shift - 4) if bits & 16 else 0
            lengths.append(value + (lengths[-2] if len(lengths) > 2 else 0))
            value = shift = 0
    if shift:
        raise ValueError("run lengths that are cut short")
    return lengths
