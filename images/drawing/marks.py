"""What a person drew on images becomes part of their data set: defect masks and normal parts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np

from images.colour import Image, Mask
from images.dataset import GOOD, DataSet, Finding, Picture
from images.drawing.shapes import Rectangle, Shape, draw
from images.errors import shown

A = TypeVar("A", Image, Mask)


def mark(
    data: DataSet,
    *,
    masks: Mapping[str, Sequence[Shape]],
    normal_parts: Mapping[str, Sequence[Rectangle]],
) -> DataSet:
    """The data set with defect masks drawn on test images and parts of them taken as normal.

    Both are given by the `Picture.identity` of a test image; those of other images are passed over.
    A drawn mask adds to, or erases from, the one that the image has. Each normal part becomes a
    normal image of its own, and metrics ignore it in the test image.
    """
    normal, test, parts = list(data.normal), [], []
    notes: dict[str, str] = {}
    warnings: dict[str, str] = {}
    for picture in data.test:
        drawn = tuple(masks.get(picture.identity, ()))
        learned = tuple(normal_parts.get(picture.identity, ()))
        for at, part in enumerate(learned, start=1):
            normal.append(_part(picture, part, at))
            parts.append(_finding(picture, part, normal[-1].name))
        if learned:
            picture = replace(picture, read_counted=_Outside(picture, learned))
            notes[picture.name] = " A part of it is used as normal."
        if drawn and picture.kind == GOOD:
            warnings[picture.name] = (
                f"A defect was drawn on {shown(picture.name)}, which is labelled as good."
            )
        if drawn:
            picture = replace(picture, read_mask=_DrawnMask(picture, drawn))
            notes[picture.name] = notes.get(picture.name, "") + " Its mask was drawn."
        test.append(picture)
    told = [
        replace(
            finding,
            text=finding.text + notes.get(finding.name, ""),
            warning=f"{finding.warning} {warnings.get(finding.name, '')}".strip(),
        )
        for finding in data.findings
    ]
    return replace(data, normal=tuple(normal), test=tuple(test), findings=(*told, *parts))


def _part(picture: Picture, part: Rectangle, number: int) -> Picture:
    return Picture(
        f"{picture.name} (normal part {number})",
        GOOD,
        _Cut(picture.read, part),
        read_counted=picture.read_counted and _Cut(picture.read_counted, part),
        known_class=picture.known_class,
    )


def _finding(picture: Picture, part: Rectangle, name: str) -> Finding:
    columns = f"columns {part.left} to {part.right - 1}"
    rows = f"rows {part.top} to {part.bottom - 1}"
    return Finding(name, "normal", f"Normal image: {columns} and {rows} of {shown(picture.name)}.")


# These are equal when they read the same, so that what was worked out on the same pixels is found
# again.


@dataclass(frozen=True)
class _Cut(Generic[A]):
    read: Callable[[], A]
    part: Rectangle

    def __call__(self) -> A:
        whole = self.read()
        return np.ascontiguousarray(whole[self.part.clipped(*whole.shape[:2])])


@dataclass(frozen=True)
class _DrawnMask:
    picture: Picture
    shapes: tuple[Shape, ...]

    def __call__(self) -> Mask:
        read_mask = self.picture.read_mask
        return draw(read_mask() if read_mask else self.picture.unmarked(), self.shapes)


@dataclass(frozen=True)
class _Outside:
    picture: Picture
    parts: tuple[Rectangle, ...]

    def __call__(self) -> Mask:
        counted = self.picture.read_counted
        return draw(
            counted() if counted else ~self.picture.unmarked(),
            [replace(part, erases=True) for part in self.parts],
        )
