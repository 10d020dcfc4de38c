"""Crops side by side in one picture."""

import math

import numpy as np

from images.colour import Image
from methods.training.crops import Batch

GAP = 2
"""White pixels between two crops."""


def sheet(crops: Batch) -> Image:
    """Crops (n, channels, side, side) in rows, from the left, in a sheet as square as it can be."""
    count, channels, side, _ = crops.shape
    across = math.ceil(math.sqrt(count))
    down = math.ceil(count / across)
    step = side + GAP
    picture = np.ones((channels, down * step - GAP, across * step - GAP), dtype=np.float32)
    for index, crop in enumerate(crops):
        top, left = index // across * step, index % across * step
        picture[:, top : top + side, left : left + side] = crop
    picture = picture.clip(0, 1)
    return picture[0] if channels == 1 else np.ascontiguousarray(np.moveaxis(picture, 0, 2))
