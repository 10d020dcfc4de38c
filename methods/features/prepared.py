"""An image as a pretrained network wants it: resized, standardised, mirrored beyond its borders."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from images.colour import Image

Margins = Sequence[tuple[int, int]]
"""Pixels before and after the rows, and before and after the columns."""


def prepared(
    image: Image,
    size: tuple[int, int],
    margins: Margins,
    mean: Sequence[float],
    deviation: Sequence[float],
) -> NDArray[np.float32]:
    """An image at a size (height, width) as (1, 3, h, w): ``(255 * image - mean) / deviation``.

    What is the same for all channels of a grey image is computed once.
    """
    planes = [image] if image.ndim == 2 else list(np.moveaxis(image, 2, 0))
    if size != image.shape[:2]:
        planes = [resized(plane, *size) for plane in planes]
    shape = [sum(margin) + length for margin, length in zip(margins, size, strict=True)]
    found = np.empty((1, 3, *shape), dtype=np.float32)
    sources = [
        (min(channel, len(planes) - 1), mean[channel], deviation[channel]) for channel in range(3)
    ]
    for channel, source in enumerate(sources):
        same = sources.index(source)
        if same < channel:
            found[0, channel] = found[0, same]
        else:
            plane, centre, spread = source
            _standardise(planes[plane], centre, spread, margins, found[0, channel])
    return found


def resized(plane: Image, height: int, width: int) -> Image:
    """A grey image at another size, averaged where it shrinks."""
    found = Pillow.fromarray(plane).resize((width, height), Pillow.Resampling.BILINEAR)
    return np.asarray(found, dtype=np.float32)


def _standardise(
    plane: Image, mean: float, deviation: float, margins: Margins, out: NDArray[np.float32]
) -> None:
    """Write a channel with its margins."""
    height, width = plane.shape
    (top, _), (left, _) = margins
    rows = out[top : top + height]
    inner = rows[:, left : left + width]
    np.multiply(plane, np.float32(255), out=inner)
    inner -= np.float32(mean)
    inner /= np.float32(deviation)
    _mirror(rows.T, left, width)
    _mirror(out, top, height)


def _mirror(lines: NDArray[np.float32], before: int, length: int) -> None:
    """Fill what lies before and after `length` lines by mirroring these."""
    source = np.pad(np.arange(length), (before, len(lines) - before - length), mode="reflect")
    for outside in (slice(None, before), slice(before + length, None)):
        lines[outside] = lines[before + source[outside]]
