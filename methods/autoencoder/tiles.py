"""Run a function over a large image in tiles that agree with the whole."""

from collections.abc import Callable

import numpy as np

from methods.autoencoder.crops import Batch
from methods.patches import ScoreMap
from methods.progress import Progress

CORE = 256


def over_tiles(
    image: Batch,
    function: Callable[[Batch], ScoreMap],
    *,
    stride: int,
    reach: int,
    progress: Progress,
) -> ScoreMap:
    """A map (H, W) of an image (channels, H, W), computed a tile of 256 x 256 at a time.

    `function` takes (channels, h, w), with sides that are multiples of `stride`, to (h, w). A tile
    is seen with `reach` pixels around it (a multiple of `stride`), mirrored beyond the border of
    the image, so that the map does not depend on the tiles when no pixel sees farther than that.
    """
    height, width = image.shape[1:]
    padded = np.pad(
        image,
        ((0, 0), (reach, reach - height % -stride), (reach, reach - width % -stride)),
        mode="reflect",
    )
    core = -(-CORE // stride) * stride
    tops, lefts = range(0, height, core), range(0, width, core)
    result = np.empty((height, width), dtype=np.float32)
    for row, top in enumerate(tops):
        for col, left in enumerate(lefts):
            around = padded[:, top : top + core + 2 * reach, left : left + core + 2 * reach]
            target = result[top : top + core, left : left + core]
            seen = function(np.ascontiguousarray(around))[reach:, reach:]
            target[:] = seen[: target.shape[0], : target.shape[1]]
            progress((row * len(lefts) + col + 1) / (len(tops) * len(lefts)))
    return result
