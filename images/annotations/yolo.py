"""YOLO segmentation: a text file for each image, called as the image.

https://docs.ultralytics.com/datasets/segment/: a line for each polygon, the number of its class and
then x and y by turns, as parts of the width and the height. An empty file is an image without
anything. The files stand beside the images, or in ``labels`` where the images are in ``images``. A
line of four numbers behind the class is a box around something (centre, width and height).
"""

import re
from collections.abc import Sequence

from images.annotations.annotation import Annotated, AnnotationFormat, Polygon, points_of
from images.annotations.registry import register
from images.errors import ImageError
from images.layouts.layout import read_text
from images.reading.files import File

LINE = re.compile(r"\s*\d+(\s+-?\d+(\.\d*)?(e-?\d+)?){4,}\s*", re.IGNORECASE)
BOX = 4


@register
class Yolo(AnnotationFormat):
    """A box says that there is a defect, but not where in it."""

    name = "yolo"
    title = "YOLO segmentation"
    ending = ".txt"

    def parse(self, file: File) -> Sequence[Annotated] | None:
        lines = [line for line in read_text(file).splitlines() if line.strip()]
        if not all(LINE.fullmatch(line) for line in lines):
            return None
        shapes, labels = [], set()
        for number, line in enumerate(lines, start=1):
            label, *rest = line.split()
            labels.add(f"class {int(label)}")
            if len(rest) == BOX:
                continue
            try:
                points = points_of([float(at) for at in rest])
                if not all(0 <= at <= 1 for point in points for at in point):
                    raise ValueError("coordinates outside 0 to 1")
            except ValueError as error:
                raise ImageError(
                    file.name, f"has, as a YOLO file, a line {number} of {error}"
                ) from None
            shapes.append(Polygon(points, relative=True))
        stem = file.name.rpartition("/")[2].rpartition(".")[0]
        return [
            Annotated(
                stem,
                tuple(shapes),
                frozenset(labels),
                without_area=len(shapes) < len(lines),
                any_ending=True,
            )
        ]
