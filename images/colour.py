"""Grey and colour forms of one image.

An *image* is a float32 array (H, W) or (H, W, 3) with values in [0, 1]; a *mask* is a bool
array (H, W), True where defective.
"""

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]

LUMA = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
"""Weights of red, green and blue in the brightness of a pixel (ITU-R BT.709)."""


def to_grey(image: Image) -> Image:
    """The brightness (H, W) of an image, grey or colour."""
    return image if image.ndim == 2 else image @ LUMA


def to_rgb(image: Image) -> Image:
    """The image with three channels (H, W, 3); a grey one is repeated."""
    return image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)
