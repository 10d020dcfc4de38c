"""Small grey pictures of the patches that a model keeps, to be shown in an explanation."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from images.colour import Image, to_grey
from methods.patches.patch_detector import NormalPatches
from methods.progress import Progress

SIDE = 24
"""Side of a picture, in pixels."""

Thumbnails = NDArray[np.uint8]


def thumbnails(patches: NormalPatches, places: NDArray[np.int64], progress: Progress) -> Thumbnails:
    """The windows at `places` (n, 2) of some images, as (n, `SIDE`, `SIDE`).

    A place is the number of an image and of a cell of its grid.
    """
    pictures = np.empty((len(places), SIDE, SIDE), dtype=np.uint8)
    for at, window in patches.windows(places, progress):
        grey = Pillow.fromarray((to_grey(window).clip(0, 1) * 255).astype(np.uint8))
        pictures[at] = np.asarray(grey.resize((SIDE, SIDE), Pillow.Resampling.BILINEAR))
    return pictures


def as_picture(thumbnail: NDArray[np.uint8]) -> Image:
    """One of them as an image, 0 to 1."""
    return thumbnail.astype(np.float32) / np.float32(255)
