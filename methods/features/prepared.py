"""An image as a pretrained network wants it: standardised, resized, mirrored beyond its borders."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from images.colour import Image
from methods.blas import one_core
from methods.features.lighting import UNCHANGED, Change
from methods.features.resizing import resize

Margins = Sequence[tuple[int, int]]
"""Pixels before and after the rows, and before and after the columns."""


def prepared(
    image: Image,
    size: tuple[int, int],
    margins: Margins,
    mean: Sequence[float],
    deviation: Sequence[float],
    change: Change = UNCHANGED,
) -> NDArray[np.float32]:
    """An image at a size (height, width) as (1, 3, h, w): ``(255 * image - mean) / deviation``.

    Before that its brightness and contrast are changed. Both are done at once and ahead of the
    resizing, which is linear too and often enlarges. What is the same for all channels of a grey
    image is computed once.
    """
    planes = [image] if image.ndim == 2 else list(np.moveaxis(image, 2, 0))
    (top, bottom), (left, right) = margins
    height, width = size
    found = np.empty((1, 3, top + height + bottom, left + width + right), dtype=np.float32)
    sources = [
        (min(channel, len(planes) - 1), mean[channel], deviation[channel]) for channel in range(3)
    ]
    for channel, source in enumerate(sources):
        same = sources.index(source)
        if same < channel:
            found[0, channel] = found[0, same]
            continue
        plane, centre, spread = source
        both = change.then(255 / spread, -centre / spread)
        out = found[0, channel]
        rows = out[top : top + height]
        _write(planes[plane], both, rows[:, left : left + width])
        _mirror(rows.T, left, width)
        _mirror(out, top, height)
    return found


def resized(plane: Image, height: int, width: int) -> Image:
    """A grey image at another size, averaged where it shrinks."""
    found = np.empty((height, width), dtype=np.float32)
    _write(plane, UNCHANGED, found)
    return found


def _write(plane: Image, change: Change, out: NDArray[np.float32]) -> None:
    """Write a plane, changed and at the size of `out`."""
    if plane.shape == out.shape:
        change.of(plane, out)
    else:
        with one_core():
            resize(change.changed(plane), out)


def _mirror(lines: NDArray[np.float32], before: int, length: int) -> None:
    """Fill what lies before and after `length` lines by mirroring these."""
    source = np.pad(np.arange(length), (before, len(lines) - before - length), mode="reflect")
    for outside in (slice(None, before), slice(before + length, None)):
        lines[outside] = lines[before + source[outside]]
