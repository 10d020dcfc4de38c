"""A data set of few and small images, for benchmarks that fit methods many times."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from PIL import Image as Pillow

from images.colour import Image, Mask
from images.dataset import GOOD, DataSet, Picture

SIDE = 128
"""Shorter side in pixels to which images are reduced, at most."""
NORMAL, TEST = 20, 20
"""Images of a set that are used, at most, evenly spread."""


def reduced(data: DataSet) -> DataSet:
    """A set of few and small images; a pixel is defective when a part of it was."""

    def small(pictures: Sequence[Picture], most: int) -> tuple[Picture, ...]:
        count = min(most, len(pictures))
        places = np.linspace(0, len(pictures) - 1, count).round().astype(int).tolist()
        return tuple(map(_reduced, (pictures[at] for at in places)))

    # Kinds in turn, so that a few images hold good ones and every kind.
    by_kind: dict[str | None, list[Picture]] = {}
    for picture in data.test:
        by_kind.setdefault(picture.kind, []).append(picture)
    good = by_kind.pop(GOOD, [])
    others = [picture for pictures in by_kind.values() for picture in pictures]
    test = small(good, TEST // 2) + small(others, TEST // 2)
    return replace(data, normal=small(data.normal, NORMAL), test=test)


def _reduced(picture: Picture) -> Picture:
    image, mask = _smaller(picture.read()), picture.mask()
    read_mask = None if mask is None else partial(_copy, _smaller(mask) > 0)
    return Picture(picture.name, picture.kind, image.copy, read_mask)


def _copy(mask: Mask) -> Mask:
    return mask.copy()


def _smaller(image: Image | Mask) -> Image:
    """An image or mask with a shorter side of at most `SIDE`, by averages."""
    factor = min(image.shape[:2]) // SIDE
    pixels = image.astype(np.float32)
    if factor < 2:
        return pixels
    planes = [pixels] if pixels.ndim == 2 else list(np.moveaxis(pixels, 2, 0))
    small = [np.asarray(Pillow.fromarray(plane).reduce(factor)) for plane in planes]
    return small[0] if pixels.ndim == 2 else np.ascontiguousarray(np.stack(small, axis=2))
