"""TIFF: its pages, and the samples of more than 8 bits that Pillow would cut down to 8.

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
from images.page import Header, Samples, check_size, known_orientation, too_many_pages

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
PACKINGS_OF_8_BITS = LOSSLESS | {
    COMPRESSION.JPEG,
    COMPRESSION.CCITTRLE,
    COMPRESSION.CCITTFAX3,
    COMPRESSION.CCITTFAX4,
}
COLOURS = {
    PHOTOMETRIC.MINISWHITE: ("grey", 1),
    PHOTOMETRIC.MINISBLACK: ("grey", 1),
    PHOTOMETRIC.RGB: ("RGB", 3),
    PHOTOMETRIC.PALETTE: ("palette", 1),
    PHOTOMETRIC.SEPARATED: ("CMYK", 4),
    PHOTOMETRIC.YCBCR: ("RGB", 3),
}
KINDS = {"u": "", "b": "", "i": " signed", "f": " float"}
ORIENTATION = 274
"""The tag."""
REDUCED, TRANSPARENCY = 1, 4
"""Bits of the tag NewSubfileType: a smaller copy, or the transparency, of another page."""


def headers(file: IO[bytes], name: str) -> list[Header]:
    """The pages of a TIFF; smaller copies and transparency are no pages, but the first says so.

    Raises `ImageError` when there is none, or one of them cannot be read.
    """
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
    if page.imagedepth != 1:
        raise ImageError(name, "is a volume; expected flat pages")
    bits, kind = page.bitspersample, page.dtype
    if not isinstance(bits, int) or kind is None or kind.kind not in KINDS:
        raise ImageError(name, f"has samples of {bits} bits of a kind that is not read")
    samples = np.dtype(np.uint8) if bits <= 8 and kind.kind in "bu" else kind.newbyteorder("=")
    colour = _colour(page, samples != np.uint8, name)
    orientation = known_orientation(page.tags.valueof(ORIENTATION, 1))
    if orientation >= 5:
        height, width = width, height
    depth = f"{bits}-bit{KINDS[samples.kind]}"
    scale = fixed_range(samples, bits)
    return Header(index, "TIFF", width, height, depth, colour, samples, scale, orientation)


def _colour(page: TiffPage, deep: bool, name: str) -> str:
    """The channels for a person. Raises `ImageError` for kinds that are not read."""
    packings = LOSSLESS if deep else PACKINGS_OF_8_BITS
    if page.compression not in packings:
        packing = getattr(page.compression, "name", page.compression)
        listed = ", ".join(sorted(each.name for each in packings))
        raise ImageError(name, f"is packed by {packing}; expected {listed}")
    known = COLOURS.get(page.photometric)  # type: ignore[call-overload]
    if known is None or (deep and known[0] in ("palette", "CMYK")):
        kind = getattr(page.photometric, "name", page.photometric)
        raise ImageError(
            name, f"has {page.bitspersample}-bit colours of kind {kind}; expected grey or RGB"
        )
    colour, channels = known
    extra = page.samplesperpixel - channels
    if extra not in (0, 1):
        raise ImageError(name, f"has {page.samplesperpixel} channels; expected 1 to 4")
    alpha = extra and page.extrasamples and page.extrasamples[0] != EXTRASAMPLE.UNSPECIFIED
    return f"{colour} with alpha" if alpha else colour


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
    """Colour and alpha, from what tifffile calls (separate, depth, H, W, contiguous)."""
    values = np.moveaxis(values[:, 0], 0, -2).reshape(*values.shape[2:4], -1)
    _, channels = COLOURS[page.photometric]
    colour = values[..., :channels]
    if page.photometric == PHOTOMETRIC.MINISWHITE and values.dtype.kind == "u":
        colour = (2**page.bitspersample - 1) - colour
    alpha = None
    if page.extrasamples and page.extrasamples[0] == EXTRASAMPLE.UNASSALPHA:
        most = np.iinfo(values.dtype).max if values.dtype.kind in "ui" else 1
        alpha = np.clip(np.divide(values[..., channels], most, dtype=np.float32), 0, 1)
    return Samples(colour[..., 0] if channels == 1 else colour, alpha)
