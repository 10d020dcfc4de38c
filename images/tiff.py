"""TIFF: its pages, and samples of more than 8 bits that Pillow would cut down to 8.

Pages of up to 8 bits a sample are decoded by Pillow (see `images.reader`), all others here.
"""

import logging
import math
from dataclasses import replace
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from tifffile import COMPRESSION, EXTRASAMPLE, PHOTOMETRIC, TiffFile, TiffPage

from images import limits
from images.errors import ImageError
from images.intensity import fixed_range
from images.page import Header, Samples, check_size, too_many_pages, turn

# What it finds in a damaged file is told in an ImageError.
logging.getLogger("tifffile").setLevel(logging.CRITICAL)

LOSSLESS = {
    COMPRESSION.NONE,
    COMPRESSION.LZW,
    COMPRESSION.ADOBE_DEFLATE,
    COMPRESSION.DEFLATE,
    COMPRESSION.PACKBITS,
    COMPRESSION.LZMA,
    COMPRESSION.ZSTD,
}
COLOURS = {
    PHOTOMETRIC.MINISWHITE: ("grey", 1),
    PHOTOMETRIC.MINISBLACK: ("grey", 1),
    PHOTOMETRIC.RGB: ("RGB", 3),
    PHOTOMETRIC.PALETTE: ("palette", 1),
    PHOTOMETRIC.SEPARATED: ("CMYK", 4),
    PHOTOMETRIC.YCBCR: ("RGB", 3),
}
KINDS = {"u": "", "i": " signed", "f": " float"}
REDUCED = 1
"""Bit of the tag NewSubfileType: a smaller copy of another page."""
TRANSPARENCY = 4
"""Bit of the tag NewSubfileType: a transparency mask of another page."""


def headers(file: IO[bytes], name: str) -> list[Header]:
    """The pages of a TIFF; smaller copies and transparency are no pages, but the first says so."""
    found: list[Header] = []
    aside = 0
    offsets: set[int] = set()
    with TiffFile(file, name=name) as tiff:
        for index, page in enumerate(tiff.pages):
            if index >= limits.PAGES:
                raise too_many_pages(name)
            if not isinstance(page, TiffPage):
                raise ImageError(name, "is damaged: its list of pages cannot be followed")
            if page.offset in offsets:
                break  # the list runs in a circle
            offsets.add(page.offset)
            if index and page.subfiletype & (REDUCED | TRANSPARENCY):
                aside += 1
            else:
                found.append(_header(page, index, name))
                _check_data(page, tiff.filehandle.size, name)
    if not found:
        raise ImageError(name, "is cut short: it has no page")
    if aside:
        found[0] = replace(found[0], note=f"{aside} smaller or transparency pages are left out")
    return found


def decode(file: IO[bytes], name: str, index: int) -> Samples:
    """Samples of a page of more than 8 bits a sample."""
    with TiffFile(file, name=name) as tiff:
        page = tiff.pages[index]
        values = page.asarray(squeeze=False, maxworkers=1)
    return _split(page, values)


def _header(page: TiffPage, index: int, name: str) -> Header:
    height, width = page.imagelength, page.imagewidth
    check_size(name, width, height)
    colour, channels = _channels(page, name)
    if page.imagedepth != 1:
        raise ImageError(name, "is a volume; expected flat pages")
    if page.dtype is None or page.dtype.kind not in "buif":
        raise ImageError(name, f"has samples of a kind that is not read: {page.sampleformat!r}")
    bits = page.bitspersample
    samples = np.dtype(np.uint8) if bits <= 8 and page.dtype.kind in "bu" else page.dtype
    samples = samples.newbyteorder("=")
    if samples != np.uint8:
        if page.compression not in LOSSLESS:
            raise ImageError(name, f"is packed by a way that is not read: {page.compression!r}")
        if channels > 3 or colour == "palette":
            raise ImageError(name, f"is {colour} of {bits} bits; expected grey or RGB")
    orientation = _orientation(page)
    if orientation >= 5:
        height, width = width, height
    depth = f"{bits}-bit{KINDS['u' if samples.kind == 'b' else samples.kind]}"
    scale = fixed_range(samples, bits)
    return Header(index, "TIFF", width, height, depth, colour, samples, scale, orientation != 1)


def _channels(page: TiffPage, name: str) -> tuple[str, int]:
    if page.photometric not in COLOURS:
        raise ImageError(name, f"has colours of a kind that is not read: {page.photometric!r}")
    colour, channels = COLOURS[PHOTOMETRIC(page.photometric)]
    extra = page.samplesperpixel - channels
    if extra not in (0, 1):
        raise ImageError(name, f"has {page.samplesperpixel} channels; expected 1 to 4")
    if extra and page.extrasamples and page.extrasamples[0] != EXTRASAMPLE.UNSPECIFIED:
        colour += " with alpha"
    return colour, channels


def _orientation(page: TiffPage) -> int:
    orientation = page.tags.valueof(274, 1)
    return orientation if orientation in range(1, 9) else 1


def _check_data(page: TiffPage, size: int, name: str) -> None:
    """Raise `ImageError` unless every strip or tile lies inside the file."""
    offsets, counts = page.dataoffsets, page.databytecounts
    complete = len(offsets) == len(counts) > 0 and all(
        count > 0 and offset + count <= size for offset, count in zip(offsets, counts, strict=True)
    )
    if page.compression == COMPRESSION.NONE and not page.is_subsampled:
        complete = complete and sum(counts) * 8 >= page.size * page.bitspersample
    else:
        complete = complete and len(offsets) == math.prod(page.chunked)
    if not complete:
        raise ImageError(name, "is cut short: pixels are missing from it")


def _split(page: Any, values: NDArray[Any]) -> Samples:
    """Colour and alpha, upright, from what tifffile calls (separate, depth, H, W, contiguous)."""
    values = np.moveaxis(values[:, 0], 0, -2).reshape(*values.shape[2:4], -1)
    values = turn(values, _orientation(page))
    _, channels = COLOURS[PHOTOMETRIC(page.photometric)]
    colour = values[..., :channels]
    if page.photometric == PHOTOMETRIC.MINISWHITE and values.dtype.kind == "u":
        colour = (2**page.bitspersample - 1) - colour
    alpha = None
    if page.extrasamples and page.extrasamples[0] == EXTRASAMPLE.UNASSALPHA:
        most = np.iinfo(values.dtype).max if values.dtype.kind in "ui" else 1
        alpha = np.clip(np.divide(values[..., channels], most, dtype=np.float32), 0, 1)
    return Samples(colour[..., 0] if channels == 1 else colour, alpha)
