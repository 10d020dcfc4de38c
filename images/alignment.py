"""Whether images show one object in one place, or a texture."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from images.colour import to_grey
from images.dataset import Picture

SIDE = 32
"""Images are compared at this many pixels a side: where things are, not their detail."""
LOOKED_AT = 8
ALIGNED = 0.6
"""Mean correlation of pairs from which images count as showing the same object in one place."""


def correlation(pictures: Sequence[Picture], most: int = LOOKED_AT) -> float:
    """The mean correlation of all pairs of the first images, seen small; 0 with fewer than two."""
    small = [_small(picture) for picture in pictures[:most]]
    if len(small) < 2:
        return 0.0
    products = np.array(small) @ np.array(small).T
    pairs = products[np.triu_indices(len(small), 1)]
    return float(pairs.mean())


def _small(picture: Picture) -> NDArray[np.float64]:
    """An image as a vector (SIDE * SIDE,) of mean 0 and length 1; zeros where it is flat."""
    grey = Pillow.fromarray(to_grey(picture.read()).astype(np.float32))
    values = np.asarray(grey.resize((SIDE, SIDE), Pillow.Resampling.BOX), np.float64).ravel()
    values = values - values.mean()
    length = float(np.linalg.norm(values))
    return values / length if length > 1e-9 else np.zeros_like(values)
