"""Which sample value is black and which is white.

A file's samples become floats in [0, 1] by ``(value - black) / (white - black)``. The rule:

========================  ======================================================================
samples                   black and white
========================  ======================================================================
1 to 8 bits               0 and the largest value of that many bits (255 for 8)
10, 12 or 14 bits         0 and the largest value of that many bits, where the file says so
integers of 16 bits and   0 and ``2**b - 1``, where b is the smallest of 8, 10, 12, ... bits that
more                      holds every value of the set (a 12-bit camera's 16-bit file: 4095; a
                          file that uses its whole range: 65535)
signed integers           the same where no value of the set is negative, except that b ends at
                          the 15 bits (7, 31) that a positive number has; else the smallest and
                          the largest value of the set
floats                    0 and 1 where all values of the set lie there and one reaches 1/16;
                          else the smallest and the largest value of the set
========================  ======================================================================

"The set" is every image that is compared with the others: two of them with the same value get the
same brightness, whatever else they show. An image read by itself is a set of one. Where a set holds
one value alone and that is no 0 or 1 of its own accord, it becomes 0.5: neither black nor white.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from images.colour import Image

DARKEST_FLOATS = 1 / 16
"""Floats in [0, 1] that never reach this are taken to have another range."""


@dataclass(frozen=True)
class Range:
    """A black and a white value, or the smallest and the largest value of some images."""

    low: float
    high: float

    def __or__(self, other: "Range") -> "Range":
        return Range(min(self.low, other.low), max(self.high, other.high))


def fixed_range(samples: np.dtype[Any], bits: int) -> Range | None:
    """Black and white of samples for which the file's type alone decides, else None.

    Fewer than 8 bits have been spread over 8 by the time they are decoded.
    """
    if samples == np.uint8:
        return Range(0, 255)
    if samples.kind == "u" and bits < 8 * samples.itemsize:
        return Range(0, 2**bits - 1)
    return None


def shared_range(samples: np.dtype[Any], found: Range) -> Range:
    """Black and white of a set whose values of this type span `found`."""
    if samples.kind in "ui" and found.low >= 0:
        most = int(np.iinfo(samples).max)
        powers = (2**bits - 1 for bits in range(8, 8 * samples.itemsize, 2))
        return Range(0, next((white for white in powers if found.high <= white < most), most))
    if samples.kind == "f" and found.low >= 0 and found.high <= 1:
        dark = 0 < found.high < DARKEST_FLOATS
        return Range(0, 1) if not dark else found
    return found


def to_unit(values: NDArray[Any], scale: Range) -> Image:
    """Sample values as floats: black becomes 0, white 1."""
    if scale.low == scale.high:
        return np.full(values.shape, 0.5, dtype=np.float32)
    if scale.low == 0 and values.dtype.itemsize <= 2 and values.dtype.kind != "f":
        return np.divide(values, np.float32(scale.high), dtype=np.float32)
    wide = (values.astype(np.float64) - scale.low) / (scale.high - scale.low)
    return wide.astype(np.float32)
