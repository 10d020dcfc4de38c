"""CVAT for images 1.1: one XML file for many images.

https://docs.cvat.ai/docs/manual/advanced/formats/format-cvat/: ``image`` elements with name, width
and height, and in them ``polygon`` (points "x,y;x,y"), ``box`` (xtl, ytl, xbr, ybr), ``ellipse``
(cx, cy, rx, ry) and ``mask`` (run lengths ``rle`` along the rows of a box, which begin outside).
"""

from collections.abc import Callable, Mapping, Sequence
from xml.etree import ElementTree

from images.annotations.annotation import (
    Annotated,
    AnnotationFormat,
    Ellipse,
    Polygon,
    Runs,
    Shape,
    points_of,
    rectangle,
)
from images.annotations.registry import register
from images.errors import ImageError
from images.layouts.layout import read_text
from images.reading.files import File

Element = ElementTree.Element


@register
class Cvat(AnnotationFormat):
    """Points and lines say that there is a defect, but not how large it is."""

    name = "cvat"
    title = "CVAT for images"
    ending = ".xml"

    def parse(self, file: File) -> Sequence[Annotated] | None:
        text = read_text(file)
        if "<annotations" not in text or "<image" not in text:
            return None
        try:
            if "<!DOCTYPE" in text:
                raise ValueError("it declares XML entities, which are not allowed")
            root = ElementTree.fromstring(text)
            return [_annotated(image) for image in root.iter("image")]
        except (ElementTree.ParseError, ValueError, OverflowError, KeyError) as error:
            reason = f"no {error}" if isinstance(error, KeyError) else str(error)
            raise ImageError(file.name, f"is not a valid CVAT file: {reason}") from None


def _annotated(image: Element) -> Annotated:
    shapes, labels, without_area = [], set(), False
    for mark in image:
        if mark.tag in SHAPES:
            shapes.append(SHAPES[mark.tag](mark))
        elif mark.tag in ("polyline", "points"):
            without_area = True
        else:
            continue  # a tag of the whole image, which marks no place
        labels.add(mark.attrib.get("label", "defect"))
    size = (int(image.attrib["width"]), int(image.attrib["height"]))
    return Annotated(
        image.attrib["name"], tuple(shapes), frozenset(labels), size, without_area=without_area
    )


def _numbers(mark: Element, *names: str) -> list[float]:
    return [float(mark.attrib[name]) for name in names]


def _polygon(mark: Element) -> Shape:
    points = mark.attrib["points"].replace(";", ",").split(",")
    return Polygon(points_of([float(at) for at in points]))


def _box(mark: Element) -> Shape:
    left, top, right, bottom = _numbers(mark, "xtl", "ytl", "xbr", "ybr")
    shape = rectangle(left, top, right, bottom)
    return Polygon(points_of([at for point in shape.points for at in point]))


def _ellipse(mark: Element) -> Shape:
    x, y, across, down = _numbers(mark, "cx", "cy", "rx", "ry")
    points_of([x, y, across, down, 0, 0])  # as numbers
    return Ellipse(x, y, across, down)


def _mask(mark: Element) -> Shape:
    lengths = tuple(int(length) for length in mark.attrib["rle"].split(","))
    left, top, width, height = (
        int(mark.attrib[name]) for name in ("left", "top", "width", "height")
    )
    return Runs(lengths, width, height, left, top)


SHAPES: Mapping[str, Callable[[Element], Shape]] = {
    "polygon": _polygon,
    "box": _box,
    "ellipse": _ellipse,
    "mask": _mask,
}
