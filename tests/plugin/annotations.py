"""Annotations: ``left top right bottom`` in a file called as its image, ending in ``.box``."""

from collections.abc import Sequence

from images.annotations.annotation import Annotated, AnnotationFormat, rectangle
from images.layouts.layout import read_text, stem
from images.reading.files import File


class Boxes(AnnotationFormat):
    name = "plugin-boxes"
    title = "Boxes of the plug-in"
    ending = ".box"

    def parse(self, file: File) -> Sequence[Annotated] | None:
        left, top, right, bottom = map(float, read_text(file).split())
        shape = rectangle(left, top, right, bottom)
        return [Annotated(stem(file.name), (shape,), frozenset({"box"}), any_ending=True)]
