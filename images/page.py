"""One picture inside a file: what its header says, and its samples once they are decoded."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from images import limits
from images.errors import ImageError
from images.intensity import Range


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

    def without_idle_alpha(self) -> "Samples":
        """These samples without an alpha that is the same everywhere."""
        idle = self.alpha is not None and self.alpha.min() == self.alpha.max()
        return Samples(self.values) if idle else self

    def turned(self, orientation: int) -> "Samples":
        """These samples as they are meant to be seen."""
        alpha = None if self.alpha is None else turn(self.alpha, orientation)
        return Samples(turn(self.values, orientation), alpha)


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
