"""Foreign textures: photographs inside scikit-image's wheel, nothing is downloaded."""

from functools import cache

import numpy as np

from images.colour import Image, to_grey, to_rgb
from images.painting.drawn import as_large

PHOTOGRAPHS = (
    "brick",
    "grass",
    "gravel",
    "coffee",
    "immunohistochemistry",
    "chelsea",
    "coins",
    "page",
)
"""Names in `skimage.data`; CC0 or in the public domain."""


def foreign_texture(shape: tuple[int, ...], rng: np.random.Generator) -> Image:
    """A random part of a random photograph, turned and mirrored, with the shape of an image.

    `shape` is (h, w) or (h, w, 3).
    """
    image = _photograph(PHOTOGRAPHS[int(rng.integers(len(PHOTOGRAPHS)))])
    image = to_rgb(image) if len(shape) == 3 else to_grey(image)
    pairs = zip(shape[:2], image.shape[:2], strict=True)
    image = as_large(image, tuple(max(pair) for pair in pairs))
    height, width = shape[:2]
    top = int(rng.integers(0, image.shape[0] - height + 1))
    left = int(rng.integers(0, image.shape[1] - width + 1))
    part = image[top : top + height, left : left + width]
    if height == width:
        part = np.rot90(part, int(rng.integers(4)))
    return np.ascontiguousarray(part[:, ::-1] if rng.random() < 0.5 else part)


@cache
def _photograph(name: str) -> Image:
    from skimage import data

    return np.divide(getattr(data, name)(), np.float32(255), dtype=np.float32)
