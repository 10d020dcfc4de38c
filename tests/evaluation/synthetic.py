"""A small data set in memory: noise with a bright square as the defect."""

from functools import partial

import numpy as np

from images.colour import Image, Mask
from images.dataset import GOOD, DataSet, Picture

SIDE = 40


def noise(seed: int, square: bool = False) -> Image:
    image = np.random.default_rng(seed).integers(80, 120, (SIDE, SIDE + 8))
    if square:
        image[10:18, 20:30] += 100
    return image.astype(np.float32) / np.float32(255)


def square_mask() -> Mask:
    mask = np.zeros((SIDE, SIDE + 8), dtype=bool)
    mask[10:18, 20:30] = True
    return mask


def data_set(normal: int = 3, good: int = 2, defective: int = 3, name: str = "squares") -> DataSet:
    return DataSet(
        name,
        tuple(Picture(f"train/{at}.png", GOOD, partial(noise, at)) for at in range(normal)),
        (
            *(Picture(f"good/{at}.png", GOOD, partial(noise, 100 + at)) for at in range(good)),
            *(
                Picture(f"square/{at}.png", "square", partial(noise, 200 + at, True), square_mask)
                for at in range(defective)
            ),
        ),
        about="Drawn by a test.",
        synthetic=True,
    )
