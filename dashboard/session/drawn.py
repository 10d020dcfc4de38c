"""What a person has drawn on the images of a data set, and the data set that comes of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from evaluation.comparison.region import restrict
from images.dataset import DataSet, Picture
from images.drawing.marks import mark
from images.drawing.shapes import Rectangle, Shape, draw

Purpose = Literal["mask", "region", "normal"]
Shapes = tuple[Shape, ...]


@dataclass
class Drawn:
    """Shapes by their purpose; those of masks and normal parts by the identity of a test image.

    They belong to its pixels, so that they are not found on another image of the same name.
    """

    masks: dict[str, Shapes] = field(default_factory=dict)
    normal_parts: dict[str, Shapes] = field(default_factory=dict)
    region: Shapes = ()
    """For all images."""
    region_on: str = ""
    """The identity of the test image on which the region was drawn."""

    def on(self, purpose: Purpose, picture: Picture) -> Shapes:
        """What is drawn on an image for a purpose."""
        if purpose == "region":
            return self.region
        of_purpose = self.masks if purpose == "mask" else self.normal_parts
        return of_purpose.get(picture.identity, ())

    def put(self, purpose: Purpose, picture: Picture, shapes: Sequence[Shape]) -> None:
        """Draw this instead."""
        if purpose == "region":
            self.region, self.region_on = tuple(shapes), picture.identity
        else:
            of_purpose = self.masks if purpose == "mask" else self.normal_parts
            of_purpose[picture.identity] = tuple(shapes)

    def on_images_of(self, data: DataSet) -> "Drawn":
        """What of it is drawn on test images of a data set."""
        present = {picture.identity for picture in data.test}
        return Drawn(
            {image: shapes for image, shapes in self.masks.items() if image in present},
            {image: shapes for image, shapes in self.normal_parts.items() if image in present},
            self.region if self.region_on in present else (),
            self.region_on,
        )

    def marked(self, purpose: Purpose, picture: Picture) -> int:
        """How many pixels of an image are marked, with those of the mask that it came with."""
        given = picture.read_mask if purpose == "mask" else None
        start = given() if given else picture.unmarked()
        return int(np.count_nonzero(draw(start, self.on(purpose, picture))))

    def restrict(self, data: DataSet) -> DataSet:
        """The data set with the drawn region of interest; decodes one image."""
        on = next((picture for picture in data.test if picture.identity == self.region_on), None)
        if not self.region or on is None:
            return data
        return restrict(data, region=draw(on.unmarked(), self.region))

    def mark(self, data: DataSet) -> DataSet:
        """The data set with drawn masks and normal parts; decodes nothing."""
        if not any(self.masks.values()) and not any(self.normal_parts.values()):
            return data
        parts = {
            name: [shape for shape in shapes if isinstance(shape, Rectangle)]
            for name, shapes in self.normal_parts.items()
        }
        return mark(data, masks=self.masks, normal_parts=parts)


def same_pixels(one: DataSet, other: DataSet) -> bool:
    """Whether methods that run on either find the same; masks may differ, which they do not see."""
    return _pixels(one) == _pixels(other) and _classes(one) == _classes(other)


def _classes(data: DataSet) -> list[str | None]:
    """What methods that need known classes are trained on beside pixels."""
    return [picture.known_class for picture in data.normal]


def _pixels(data: DataSet) -> list[list[object]]:
    return [
        [(picture.read, picture.read_counted) for picture in group]
        for group in (data.normal, data.test)
    ]
