"""Run a function over a large image in tiles that agree with the whole."""

from collections.abc import Callable, Iterator

import numpy as np

from methods.progress import Progress
from methods.training.crops import Batch

CORE = 256

Place = tuple[slice, slice]
"""Rows and columns of a map."""


def over_tiles(
    image: Batch,
    function: Callable[[Batch], Batch],
    *,
    stride: int,
    reach: int,
    cell: int = 1,
    progress: Progress,
) -> Iterator[tuple[Place, Batch]]:
    """Parts (k, rows, columns) of a map of an image (channels, H, W), and the place of each.

    `function` takes (channels, h, w), with sides that are multiples of `stride`, to k numbers for
    each cell of `cell` x `cell` pixels, (k, h / cell, w / cell); `cell` divides `stride`. The
    function sees 256 x 256 pixels and `reach` pixels around them (a multiple of `stride`), mirrored
    beyond the border of the image, so that the map does not depend on the tiles when no pixel sees
    farther than that.
    """
    height, width = image.shape[1:]
    padded = np.pad(
        image,
        ((0, 0), (reach, reach - height % -stride), (reach, reach - width % -stride)),
        mode="reflect",
    )
    core = -(-CORE // stride) * stride
    tops, lefts = range(0, height, core), range(0, width, core)
    for row, top in enumerate(tops):
        for col, left in enumerate(lefts):
            around = padded[:, top : top + core + 2 * reach, left : left + core + 2 * reach]
            rows, cols = (
                slice(start // cell, -(-min(start + core, length) // cell))
                for start, length in ((top, height), (left, width))
            )
            seen = function(np.ascontiguousarray(around))[:, reach // cell :, reach // cell :]
            yield (rows, cols), seen[:, : rows.stop - rows.start, : cols.stop - cols.start]
            progress((row * len(lefts) + col + 1) / (len(tops) * len(lefts)))
