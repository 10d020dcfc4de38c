"""One picture inside a file: what its header says, and its samples once they are decoded."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from images.errors import ImageError
from images.reading import limits
from images.reading.intensity import Range


@dataclass(frozen=True)
class Header:
    """What a file says of one of its pages, before a pixel is decoded.

    `width` and `height` are those a person sees: an orientation in the file has been followed.
    """

    index: int
    """0 for the first page."""
    format: str
    width: int
    height: int
    depth: str
    """The samples for a person: ``"8-bit"``, ``"16-bit signed"``, ``"32-bit float"``."""
    colour: str
    """The channels for a person: ``"grey"``, ``"RGB"``, ``"palette"``, ``"CMYK"``, ..."""
    samples: np.dtype[Any]
    scale: Range | None
    """Black and white, or None where the set decides."""
    orientation: int = 1
    """How the stored rows are turned or mirrored, 1 to 8 as in EXIF."""
    note: str = ""
    """What else a person should know, a clause without a full stop."""
    no_data: float | None = None
    """The sample value that the file declares to mean no data."""
    white_is_zero: bool = False
    """Whether the smallest sample is white."""
    stacked: bool = False
    """Whether this is one of several images stored behind one directory."""

    def __str__(self) -> str:
        kind = f"{self.depth} {self.colour} {self.format}"
        return f"{self.width} x {self.height}, {kind}" + (f"; {self.note}" if self.note else "")


@dataclass(frozen=True)
class Samples:
    """Decoded samples.

    `values` is (H, W) or (H, W, 3); `alpha` is (H, W) in [0, 1], or None where there is none.
    """

    values: NDArray[Any]
    alpha: NDArray[np.float32] | None = None
    premultiplied: bool = False
    """Whether the values have been multiplied by alpha already."""
    inverted: bool = False
    """Whether small values are bright."""
    empty: NDArray[np.bool_] | None = None
    """(H, W), the pixels without data, whose values were filled in; None if there are none."""

    def without_idle_alpha(self) -> "Samples":
        """These samples without an alpha that is the same everywhere."""
        idle = self.alpha is not None and self.alpha.min() == self.alpha.max()
        return replace(self, alpha=None) if idle else self

    def turned(self, orientation: int) -> "Samples":
        """These samples as they are meant to be seen."""
        return replace(
            self,
            values=turn(self.values, orientation),
            alpha=None if self.alpha is None else turn(self.alpha, orientation),
        )

    def filled(self, no_data: float, name: str) -> "Samples":
        """These samples with the nearest value in place of each pixel that has no data.

        In colour, a pixel has none when no channel has. Raises `ImageError` when no pixel has any.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            empty = np.isnan(self.values) if np.isnan(no_data) else _equal(self.values, no_data)
        if empty.ndim == 3:
            empty = np.logical_and.reduce(empty, axis=2)
        if not empty.any():
            return self
        if empty.all():
            raise ImageError(name, f"has no valid pixel: all are {no_data:g}, its no-data value")
        nearest = distance_transform_edt(empty, return_distances=False, return_indices=True)
        return replace(self, values=self.values[tuple(nearest)], empty=empty)


def _equal(values: NDArray[Any], number: float) -> NDArray[np.bool_]:
    """Where values are a number, as far as their type can hold it."""
    if values.dtype.kind != "f":
        return values == number
    return values == values.dtype.type(number)


def check_size(name: str, width: int, height: int) -> None:
    """Raise `ImageError` for an image of no pixels or of too many."""
    if width < 1 or height < 1:
        raise ImageError(name, f"is {width} x {height} pixels; expected at least one")
    if width * height > limits.PIXELS:
        raise ImageError(
            name,
            f"is {width:,} x {height:,} pixels; the limit is {limits.PIXELS:,} pixels",
        )


def check_pages(name: str, headers: list[Header]) -> None:
    """Raise `ImageError` when all pages of a file together have too many pixels."""
    pixels = sum(header.width * header.height for header in headers)
    if pixels > limits.FILE_PIXELS:
        raise ImageError(
            name,
            f"has {len(headers):,} pages of {pixels:,} pixels together; the limit is "
            f"{limits.FILE_PIXELS:,} pixels",
        )


def too_many_pages(name: str) -> ImageError:
    return ImageError(name, f"has more than {limits.PAGES:,} pages, which is the limit")


def known_orientation(value: Any) -> int:
    """An orientation that a file gives, or 1 where it means nothing."""
    return value if value in range(1, 9) else 1


def turn(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Stored rows (H, W, ...) as they are meant to be seen."""
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels
