"""Which sample value is black and which is white.

A file's samples become floats in [0, 1] by ``(value - black) / (white - black)``; values beyond
black or white are clipped. The rule:

========================  ======================================================================
samples                   black and white
========================  ======================================================================
1 to 8 bits               0 and the largest value of that many bits (255 for 8)
10, 12 or 14 bits         0 and the largest value of that many bits, where the file says so
integers of 16 bits and   0 and ``2**b - 1``, where b is the smallest of 8, 10, 12, ... bits that
more                      holds the values of the set (a 12-bit camera's 16-bit file: 4095; a
                          file that uses its whole range: 65535)
signed integers           the same where no value of the set is negative, except that b ends at
                          the 15 bits (7, 31) that a positive number has; else the smallest and
                          the largest value of the set
floats                    0 and 1 where all values of the set lie there and one reaches 1/16;
                          else the smallest and the largest value of the set
========================  ======================================================================

"The set" is every image that is compared with the others: two of them with the same value get the
same brightness, whatever else they show. Its values are those of the normal images (of all images
where none is normal), without outliers (`common_range`) and without normal images whose range is
far from that of most others. Where the smallest and the largest value count, a quarter of their
distance is left free at each end, so that something darker or brighter than all normal images stays
visible; black is not below 0 unless a value is. For integers from 0, the test images may raise b by
two bits. An image read by itself is a set of one, without the free ends. Where a set holds one
value alone and that is no 0 or 1 of its own accord, it becomes 0.5: neither black nor white.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median_high, median_low
from typing import Any

import numpy as np
from numpy.typing import NDArray

from images.colour import Image

DARKEST_FLOATS = 1 / 16
"""Floats in [0, 1] that never reach this are taken to have another range."""
OUTLIERS = 1 / 1000
"""The largest fraction of an image that may be outliers, at each end of its values."""
FAR = 3.0
"""An outlier is this many times the width of a range, or more, away from it."""
ROOM = 1 / 4
"""What is left free beyond the range of the normal images, as a fraction of its width."""


@dataclass(frozen=True)
class Range:
    """A black and a white value, or the smallest and the largest value of some images."""

    low: float
    high: float

    def __contains__(self, other: "Range") -> bool:
        return self.low <= other.low and other.high <= self.high

    def wider(self, times: float) -> "Range":
        """The range extended by this many times its width at each end."""
        room = times * (self.high - self.low)
        return Range(self.low - room, self.high + room)


def fixed_range(samples: np.dtype[Any], bits: int) -> Range | None:
    """Black and white of samples for which the file's type alone decides, else None.

    Fewer than 8 bits have been spread over 8 by the time they are decoded.
    """
    if samples == np.uint8:
        return Range(0, 255)
    if samples.kind == "u" and bits < 8 * samples.itemsize:
        return Range(0, 2**bits - 1)
    return None


def common_range(values: NDArray[Any]) -> Range:
    """The smallest and the largest value of an image without outliers.

    Outliers are values outside of the quantiles of 0.1 % and 99.9 % (`OUTLIERS`) that are `FAR`
    from them, such as hot pixels. A smallest value below 0 that is as far from all others is one
    too, however frequent: it stands for something else, such as no data.
    """
    short = values.dtype.kind in "ui" and values.dtype.itemsize <= 2
    # Of short integers a stable sort is a radix sort, which is eight times as fast.
    ordered = np.sort(values, axis=None, kind="stable" if short else None)
    others = ordered[np.count_nonzero(ordered == ordered[0]) :]
    if ordered[0] < 0 and others.size:
        width = others[-1].item() - others[0].item()
        if others[0].item() - ordered[0].item() > FAR * width > 0:
            ordered = others
    at = int(OUTLIERS * (ordered.size - 1))
    core = Range(ordered[at].item(), ordered[-1 - at].item())
    if core.low == core.high:
        return Range(ordered[0].item(), ordered[-1].item())
    fence = core.wider(FAR)
    first = ordered[: at + 1].astype(np.float64)
    last = ordered[ordered.size - 1 - at :].astype(np.float64)
    return Range(first[first >= fence.low][0].item(), last[last <= fence.high][-1].item())


def shared_scale(samples: np.dtype[Any], normal: Sequence[Range], test: Sequence[Range]) -> Range:
    """Black and white of a set, from the `common_range` of each of its images of this type."""
    whole = _union(_alike(normal) or test)
    if whole.low == whole.high:
        whole = _union([*normal, *test])
    scale = shared_range(samples, whole)
    if samples.kind in "ui" and whole.low >= 0:
        two_bits_more = 4 * scale.high + 3
        seen = [each.high for each in test if each.high <= two_bits_more]
        return shared_range(samples, Range(whole.low, max([whole.high, *seen])))
    if scale != whole or scale == Range(0, 1) or scale.low == scale.high:
        return scale
    wide = whole.wider(ROOM)
    return Range(max(wide.low, 0), wide.high) if whole.low >= 0 else wide


def _union(ranges: Sequence[Range]) -> Range:
    return Range(
        min((each.low for each in ranges), default=0),
        max((each.high for each in ranges), default=1),
    )


def _alike(ranges: Sequence[Range]) -> list[Range]:
    """Those that are not far from the median range."""
    if not ranges:
        return []
    most = Range(median_high(each.low for each in ranges), median_low(each.high for each in ranges))
    return [each for each in ranges if most.low >= most.high or each in most.wider(FAR)]


def is_far(found: Range, common: Range, scale: Range) -> bool:
    """Whether an image of these values lies far outside of a scale, with or without outliers."""
    apart = common.low > scale.high or common.high < scale.low
    return apart or found not in scale.wider(1)


def shared_range(samples: np.dtype[Any], found: Range) -> Range:
    """Black and white of one image, or of a set, whose values of this type span `found`."""
    if samples.kind in "ui" and found.low >= 0:
        most = int(np.iinfo(samples).max)
        powers = (2**bits - 1 for bits in range(8, 8 * samples.itemsize, 2))
        return Range(0, next((white for white in powers if found.high <= white < most), most))
    if samples.kind == "f" and found.low >= 0 and found.high <= 1:
        dark = 0 < found.high < DARKEST_FLOATS
        return Range(0, 1) if not dark else found
    return found


def to_unit(values: NDArray[Any], scale: Range, inverted: bool = False) -> Image:
    """Sample values as floats: black becomes 0, white 1, or the other way round."""
    if scale.low == scale.high:
        return np.full(values.shape, 0.5, dtype=np.float32)
    if scale.low == 0 and not inverted and values.dtype.itemsize <= 2 and values.dtype.kind != "f":
        unit = np.divide(values, np.float32(scale.high), dtype=np.float32)
        return unit.clip(0, 1, out=unit)
    wide = values.astype(np.float64)
    wide = scale.high - wide if inverted else wide - scale.low
    wide /= scale.high - scale.low
    return wide.clip(0, 1).astype(np.float32)
