"""A mask file: which pixels are marked, as defects, as a region of interest or to be ignored.

A pixel is marked when its value is above 0 in any channel, whatever the largest value: 1, 255 and
65535 mean the same, and so does the soft edge that an editor leaves. A palette mask counts by the
colour of an entry, not by its number. What is transparent is not marked, whatever its colour, and
of the rest

- every opaque pixel is marked if all are black: it was drawn in black on a transparent layer;
- otherwise the coloured pixels are marked and the black ones are not.

Where a file can be read in two ways, `Marks.doubt` says how it was read. A mask that was once a
JPEG has faint pixels around the marked ones; `Remedy` lists the changes that can be asked for.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from images.colour import Mask
from images.errors import ImageError, shown
from images.reading.intensity import Range, shared_range
from images.reading.page import Header, Samples

Remedy = Literal["threshold", "invert", "resize"]
"""A change to a mask that looks wrong, made on request."""
REMEDIES: tuple[Remedy, ...] = get_args(Remedy)

OFFERS: dict[Remedy, str] = {
    "threshold": "removes faint pixels, below Otsu's threshold",
    "invert": "swaps marked and unmarked pixels",
    "resize": "resizes masks to their images",
}
"""What each remedy does."""

MOSTLY = 0.5
"""A larger marked part than this looks like a mask whose black and white are swapped."""
LEVELS = 256
FAINT = 16
"""Levels below this, and above 0, are faint; of as many at the other end, a pixel is clear."""
FAINT_SHARE = 1 / 4
"""So large a part of all pixels between unmarked and clear is faint in a mask that was a JPEG; an
even soft edge has a sixteenth there."""
BLOCK = 2**20
"""Pixels that are counted at a time."""


@dataclass(frozen=True)
class Marks:
    """How strongly each pixel of a mask is marked, (H, W), 0 where it is not."""

    strength: NDArray[Any]
    doubt: str = ""
    """How the file was read where another reading is possible: a clause without its name."""


@dataclass(frozen=True)
class Survey:
    """What a mask holds."""

    marked: float
    """The part of its pixels that is above 0."""
    clear: float
    """The part above the threshold between its two heaps of values, if it is `faint`."""
    swapped: float
    """The part that is marked once it is inverted."""
    faint: bool
    """Whether faint pixels lie around what is marked, as in a file that was a JPEG."""
    faint_swapped: bool
    """The same once it is inverted."""
    doubt: str

    def part(self, remedies: Collection[Remedy]) -> float:
        """The part that is marked after these remedies."""
        if "threshold" in remedies:
            return 1 - self.clear if "invert" in remedies else self.clear
        return self.swapped if "invert" in remedies else self.marked


def to_mask(samples: Samples, remedies: Collection[Remedy] = ()) -> Mask:
    """The pixels that are marked, (H, W), after `invert` and `threshold` where asked for."""
    strength = marks(samples).strength
    if "invert" in remedies:
        top = strength.max()
        strength = top - strength if top > 0 else np.ones_like(strength)
    if "threshold" in remedies:
        levels = _levels(strength)
        return levels > _between_heaps(_counts(levels))
    marked: Mask = strength > 0
    return marked


def marks(samples: Samples) -> Marks:
    """How strongly each pixel is marked."""
    values, alpha = samples.values, samples.alpha
    if values.ndim == 3:  # quicker than a maximum over the last axis
        values = np.maximum(np.maximum(values[..., 0], values[..., 1]), values[..., 2])
    if samples.inverted:
        found = Range(values.min().item(), values.max().item())
        values = shared_range(values.dtype, found).high - values.astype(np.float64)
    values = np.maximum(values, 0)
    if samples.empty is not None:
        values = np.where(samples.empty, 0, values)
    if alpha is None:
        return Marks(values)
    if alpha.min() == alpha.max():
        return _evenly_opaque(values, bool(alpha.any()))
    opaque = alpha > 0
    if _is_black(values[alpha == alpha.max()]):
        doubt = "is black in all opaque pixels, so all opaque pixels are treated as marked"
        return Marks(np.where(opaque, alpha, 0), doubt)
    doubt = ""
    if (opaque & (values == 0)).any():
        doubt = (
            "has coloured, black and transparent pixels; only the coloured ones are treated "
            "as marked"
        )
    return Marks(np.where(opaque, values if samples.premultiplied else values * alpha, 0), doubt)


def _evenly_opaque(values: NDArray[Any], opaque: bool) -> Marks:
    """The marks in an image whose alpha is the same everywhere, which therefore means nothing."""
    if opaque:
        return Marks(values)
    if values.min() == values.max():
        return Marks(np.zeros_like(values))  # an empty layer
    return Marks(values, "is fully transparent; its invisible colours are used")


def _is_black(values: NDArray[Any]) -> bool:
    """Whether these values are 0, or as near to it as what has been packed with loss."""
    top = values.max().item()
    return top <= shared_range(values.dtype, Range(0, top)).high / FAINT


def survey(samples: Samples) -> Survey:
    """What a mask holds."""
    found = marks(samples)
    counts = _counts(_levels(found.strength))
    share = counts / counts.sum()
    faint, faint_swapped = _has_faint(counts), _has_faint(counts[::-1])
    limit = _between_heaps(counts) if faint or faint_swapped else 0
    return Survey(
        marked=float(share[1:].sum()),
        clear=float(share[limit + 1 :].sum()),
        swapped=float(share[:-1].sum()) if counts[1:].any() else 1.0,
        faint=faint,
        faint_swapped=faint_swapped,
        doubt=found.doubt,
    )


def _levels(strength: NDArray[Any]) -> NDArray[np.uint8]:
    """Strengths on a scale from 0, for 0 alone, to 255, for the largest."""
    if strength.dtype == np.uint8 and strength.max() == LEVELS - 1:
        return strength
    levels = np.zeros(strength.shape, dtype=np.uint8)
    top = float(strength.max())
    if top > 0:
        flat, found = strength.reshape(-1), levels.reshape(-1)
        for at in range(0, flat.size, BLOCK):
            part = np.ceil(flat[at : at + BLOCK] / top * (LEVELS - 1))
            found[at : at + BLOCK] = part.clip(0, LEVELS - 1)
    return levels


def _counts(levels: NDArray[np.uint8]) -> NDArray[np.int64]:
    """How many pixels have each level."""
    flat = levels.reshape(-1)
    counts = np.zeros(LEVELS, dtype=np.int64)
    for at in range(0, flat.size, BLOCK):
        counts += np.bincount(flat[at : at + BLOCK], minlength=LEVELS)
    return counts


def _has_faint(counts: NDArray[np.int64]) -> bool:
    faint, between, clear = counts[1:FAINT], counts[FAINT:-FAINT], counts[-FAINT:]
    share = FAINT_SHARE * (faint.sum() + between.sum())
    return bool(faint.any() and clear.any() and faint.sum() >= share)


def _between_heaps(counts: NDArray[np.int64]) -> int:
    """The last level of the lower of two heaps (Otsu's threshold)."""
    from skimage.filters import threshold_otsu

    if np.count_nonzero(counts) < 2:
        return 0
    found: int = threshold_otsu(hist=(counts, np.arange(LEVELS)))  # type: ignore[no-untyped-call]
    return int(found)


def resizable(mask: Header, image: Header) -> bool:
    """Whether a mask is its image at another size, to a pixel."""
    across, down = mask.width * image.height, mask.height * image.width
    return abs(across - down) <= max(mask.width, mask.height, image.width, image.height)


def resized(mask: Mask, height: int, width: int) -> Mask:
    """A mask at another size; each pixel is as the nearest one was."""
    rows = (np.arange(height) * 2 + 1) * mask.shape[0] // (2 * height)
    columns = (np.arange(width) * 2 + 1) * mask.shape[1] // (2 * width)
    return mask[np.ix_(rows, columns)]


def check_mask_size(mask_name: str, mask: Header, image_name: str, image: Header) -> None:
    """Raise `ImageError` unless a mask is as large as its image."""
    if (mask.width, mask.height) != (image.width, image.height):
        raise ImageError(
            mask_name,
            f"is a mask of {mask.width} x {mask.height} pixels, but its image "
            f"{shown(image_name)} is {image.width} x {image.height}",
        )
