"""Arrays as pictures for the browser, at the size at which they are seen."""

import io
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from evaluation.report.display import outline
from evaluation.report.palette import MASK_COLOUR, channels
from images.colour import Image, Mask, to_rgb
from methods.patches.grid import ScoreMap

Scalar = TypeVar("Scalar", bound=np.generic)

GRID_SIDE = 480
"""Longest side of a picture in the grid, pixels."""
WHOLE_SIDE = 1400
"""Longest side of a picture that is looked at alone."""


LEAST_SHARE = 0.25
"""The part of a displayed pixel that must be defective for it to be drawn so."""
DIM = 3
"""By how much a pixel outside the region of interest is darker; as in `layers/layers.js`."""
BELOW_ZERO, ZERO, ABOVE_ZERO = (
    np.array(colour, dtype=np.float32) for colour in ((0, 84, 160), (247, 247, 247), (196, 78, 0))
)
"""Colours of values with a sign; blue and orange are told apart by all."""


TINY = 1e-30
QUICK = 3
"""The effort to compress a PNG, of 9: a third of the time of the usual 6 for a few more bytes."""


def display_size(array: NDArray[Any], side: int) -> tuple[int, int]:
    """Width and height of a picture of an array whose longest side is at most `side` pixels."""
    height, width = array.shape[:2]
    scale = min(1.0, side / max(height, width))
    return max(1, round(width * scale)), max(1, round(height * scale))


def photograph(image: Image, side: int) -> bytes:
    """An image as JPEG."""
    picture = Pillow.fromarray(eight_bit(image))
    picture = picture.resize(display_size(image, side), Pillow.Resampling.BOX)
    return _encoded(picture, "JPEG", quality=85)


def drawing(pixels: NDArray[np.uint8]) -> bytes:
    """Pixels (h, w) or (h, w, 3) as PNG, exactly."""
    return _encoded(Pillow.fromarray(pixels), "PNG", compress_level=QUICK)


def outlined(
    image: Image,
    mask: Mask | None,
    side: int,
    counted: Mask | None = None,
    *,
    enlarged: bool = False,
) -> bytes:
    """An image as JPEG, with the outline of its mask; dim outside the region of interest.

    A small image can be enlarged by whole pixels up to `side`, so that the outline is fine.
    """
    if enlarged:
        factor = max(1, side // max(image.shape[:2]))
        image = _enlarged(image, factor)
        mask = None if mask is None else _enlarged(mask, factor)
        counted = None if counted is None else _enlarged(counted, factor)
    width, height = display_size(image, side)
    small = np.asarray(
        Pillow.fromarray(eight_bit(to_rgb(image))).resize((width, height), Pillow.Resampling.BOX)
    )
    if counted is not None:
        small = np.where(_shrunk(counted, side)[..., None], small, small // DIM)
    if mask is not None:
        small = outline(small, _shrunk(mask, side), channels(MASK_COLOUR))
    return _encoded(Pillow.fromarray(small), "JPEG", quality=85)


def _enlarged(array: NDArray[Scalar], factor: int) -> NDArray[Scalar]:
    return array.repeat(factor, axis=0).repeat(factor, axis=1)


def mask_picture(mask: Mask, side: int) -> bytes:
    """A mask as PNG, white where defective; scaled to display size."""
    return drawing(_shrunk(mask, side).astype(np.uint8) * 255)


def _shrunk(mask: Mask, side: int) -> Mask:
    size = display_size(mask, side)
    shares = Pillow.fromarray(mask.astype(np.float32)).resize(size, Pillow.Resampling.BOX)
    return np.asarray(shares) > LEAST_SHARE


def level_picture(scores: ScoreMap, levels: Sequence[float], side: int) -> bytes:
    """A score map as PNG: every pixel is the number of the level nearest to its score."""
    size = display_size(scores, side)
    small = np.asarray(Pillow.fromarray(scores).resize(size, Pillow.Resampling.BOX))
    borders = (np.asarray(levels[1:]) + np.asarray(levels[:-1])) / 2
    return drawing(np.searchsorted(borders, small, side="right").astype(np.uint8))


def panel_picture(picture: Image, low: float, high: float) -> bytes:
    """A small picture as PNG, pixel by pixel; grey from `low` to `high`."""
    return drawing(eight_bit((picture - low) / max(high - low, TINY)))


def signed_picture(values: Image) -> bytes:
    """Values around zero as PNG, pixel by pixel: blue below zero, orange above."""
    if values.ndim == 3:
        values = values.mean(axis=2)
    share = (np.abs(values) / max(float(np.abs(values).max()), TINY))[..., None]
    ends = np.where(values[..., None] < 0, BELOW_ZERO, ABOVE_ZERO)
    return drawing(np.rint(ZERO + (ends - ZERO) * share).astype(np.uint8))


def eight_bit(image: Image) -> NDArray[np.uint8]:
    """Values in [0, 1] as 0 to 255."""
    return np.rint(image.clip(0, 1) * 255).astype(np.uint8)


def _encoded(picture: Pillow.Image, kind: str, **options: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def hosted(data: bytes, place: str) -> str:
    """The address at which this session's browser finds a picture until the next run of the page.

    `place` names the picture on its page, so that a new one replaces the old.
    """
    from streamlit.runtime import get_instance

    kind = "image/png" if data.startswith(b"\x89PNG") else "image/jpeg"
    return get_instance().media_file_mgr.add(data, kind, place)
