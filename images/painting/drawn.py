"""Scratches, blobs, holes and stains, drawn as in the samples, on grey and on colour images."""

import numpy as np

from images.colour import Image, to_grey
from images.samples.defects import DEFECTS, Defective


def painted_defect(kind: str, image: Image, other: Image, rng: np.random.Generator) -> Defective:
    """An image with one of `DEFECTS` painted on it; a colour image keeps its hues.

    `other` lends its texture, turned by 180°, and may be of another size.
    """
    grey = to_grey(image)
    texture = np.rot90(as_large(to_grey(other), grey.shape), 2)
    defect = DEFECTS[kind](grey, texture, rng)
    change = np.where(defect.mask, defect.image - grey, np.float32(0))
    painted = image + (change if image.ndim == 2 else change[..., None])
    return Defective(painted.clip(0, 1).astype(np.float32), defect.mask)


def as_large(image: Image, shape: tuple[int, ...]) -> Image:
    """An image (h, w) or (h, w, 3) repeated and cut to a height and width."""
    repeats = [-(-length // own) for length, own in zip(shape[:2], image.shape[:2], strict=True)]
    tiled = np.tile(image, (*repeats, 1) if image.ndim == 3 else repeats)
    return tiled[: shape[0], : shape[1]]
