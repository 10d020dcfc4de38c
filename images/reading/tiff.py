"""TIFF: its pages, and the samples of more than 8 bits that Pillow would cut down to 8.

Pages of up to 8 bits a sample are decoded by Pillow (see `images.reading.reader`), all others here,
and so are stacks of any depth: ImageJ writes a large one as a single page, whose other images
follow the first without a directory of their own.
"""

import json
import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from threading import get_ident
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import ImagePalette
from PIL.Image import Image
from tifffile import COMPRESSION, EXTRASAMPLE, PHOTOMETRIC, TiffFile, TiffPage

from images.errors import ImageError
from images.reading import limits
from images.reading.intensity import fixed_range
from images.reading.page import Header, Samples, check_size, known_orientation, too_many_pages

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
ORIENTATION, COLOUR_MAP, NO_DATA = 274, 320, 42113
"""Tags; the last is GDAL's."""
REDUCED, TRANSPARENCY = 1, 4
"""Bits of the tag NewSubfileType: a smaller copy, or the transparency, of another page."""


def headers(file: IO[bytes], name: str) -> list[Header]:
    """The pages of a TIFF; smaller copies and transparency are no pages, but the first says so.

    Raises `ImageError` when there is none, or one of them cannot be read.
    """
    found: list[Header] = []
    aside = 0
    offsets: set[int] = set()
    with _opened(file, name) as tiff:
        for index, page in enumerate(tiff.pages):
            if index >= limits.PAGES:
                raise too_many_pages(name)
            if not isinstance(page, TiffPage):
                raise ImageError(name, "is damaged: its page list is invalid")
            if page.offset in offsets:
                break  # the list runs in a circle
            offsets.add(page.offset)
            if index and page.subfiletype & (REDUCED | TRANSPARENCY):
                aside += 1
            else:
                found.append(_header(page, index, name))
                _check_data(page, tiff.filehandle.size, name)
        if len(found) == 1 and not aside:
            found = _stack(tiff, found[0], name)
    if not found:
        raise ImageError(name, "is cut short: it has no page")
    if aside:
        note = f"{aside} thumbnail or transparency pages are not used"
        found[0] = replace(found[0], note="; ".join(filter(None, [found[0].note, note])))
    return found


def decode(file: IO[bytes], name: str, header: Header) -> Samples:
    """Samples of a page of more than 8 bits a sample, or of an image of a stack."""
    with _opened(file, name) as tiff:
        page = tiff.pages[0 if header.stacked else header.index]
        if header.stacked:
            assert isinstance(page, TiffPage)
            at = page.dataoffsets[0] + header.index * page.nbytes
            values = _read(file, at, page, name).reshape(page.shaped)
            if page.colormap is not None:
                return Samples(_colours(page.colormap)[values.reshape(page.shape)])
        else:
            values = page.asarray(squeeze=False, maxworkers=1)
    return _split(page, values)


def full_colours(opened: Image) -> None:
    """Restore the colours of a palette file whose colour map has 8 bits in place of 16.

    Pillow has opened it and, as the standard says, dropped the lower 8 bits.
    """
    colours = getattr(opened, "tag_v2", {}).get(COLOUR_MAP, ())
    if opened.mode in ("P", "PA") and colours and max(colours) < 256:
        opened.palette = ImagePalette.raw("RGB;L", bytes(colours))


def _colours(colour_map: NDArray[Any]) -> NDArray[np.uint8]:
    """The colours (256, 3) of a map (3, 256), of 16 bits or wrongly of 8."""
    wide = colour_map.max() > 255
    return (colour_map >> 8 if wide else colour_map).T.astype(np.uint8)


@contextmanager
def _opened(file: IO[bytes], name: str) -> Iterator[TiffFile]:
    """The file, opened with tifffile's log silenced: damage is told in an `ImageError`."""
    quiet = _OfOtherThreads()
    log = logging.getLogger("tifffile")
    log.addFilter(quiet)
    try:
        with TiffFile(file, name=name) as tiff:
            yield tiff
    finally:
        log.removeFilter(quiet)


class _OfOtherThreads(logging.Filter):
    """Drops the log records of the thread that made this filter."""

    def __init__(self) -> None:
        super().__init__()
        self._thread = get_ident()

    def filter(self, record: logging.LogRecord) -> bool:
        return record.thread != self._thread


def _stack(tiff: TiffFile, header: Header, name: str) -> list[Header]:
    """The images of a file of one page, which may be a stack.

    Raises `ImageError` when it ends before the last of the images that it says it has.
    """
    page = tiff.pages[0]
    assert isinstance(page, TiffPage)
    count = _described_count(tiff, page)
    plain = page.compression == COMPRESSION.NONE and page.bitspersample % 8 == 0
    plain = plain and header.colour.split()[0] in ("grey", "RGB", "palette")
    if count < 2 or not plain or not page.is_contiguous:
        return [header]
    if count > limits.PAGES:
        raise too_many_pages(name)
    held = (tiff.filehandle.size - page.dataoffsets[0]) // max(1, page.nbytes)
    if held < 2:
        note = f"its description says {count} images, but it holds one"
        return [replace(header, note="; ".join(filter(None, [header.note, note])))]
    if held < count:
        raise ImageError(name, f"is cut short: it holds {held} of {count} images")
    return [replace(header, index=index, stacked=True) for index in range(count)]


def _described_count(tiff: TiffFile, page: TiffPage) -> int:
    """How many images the description of a first page, by ImageJ or tifffile, says there are."""
    with suppress(ValueError, TypeError, KeyError, OverflowError):
        if tiff.imagej_metadata:
            return int(tiff.imagej_metadata.get("images", 1))
        if page.shaped_description:
            described = json.loads(page.shaped_description)
            if described.get("truncated"):
                return math.prod(map(int, described["shape"])) // max(1, math.prod(page.shape))
    return 1


def _read(file: IO[bytes], at: int, page: TiffPage, name: str) -> NDArray[Any]:
    """Samples that lie in the file as they are."""
    assert page.dtype is not None
    file.seek(at)
    data = file.read(page.nbytes)
    if len(data) < page.nbytes:
        raise ImageError(name, "is cut short: pixels are missing from it")
    stored = page.dtype.newbyteorder(page.parent.byteorder)
    return np.frombuffer(data, stored).astype(page.dtype.newbyteorder("="))


def _header(page: TiffPage, index: int, name: str) -> Header:
    height, width = page.imagelength, page.imagewidth
    check_size(name, width, height)
    if page.imagedepth != 1:
        raise ImageError(name, "is a volume; expected 2-D pages")
    bits, kind = page.bitspersample, page.dtype
    if not isinstance(bits, int) or kind is None or kind.kind not in KINDS:
        raise ImageError(name, f"has samples of {bits} bits in an unsupported format")
    samples = np.dtype(np.uint8) if bits <= 8 and kind.kind in "bu" else kind.newbyteorder("=")
    colour = _colour(page, samples != np.uint8, name)
    orientation = known_orientation(page.tags.valueof(ORIENTATION, 1))
    if orientation >= 5:
        height, width = width, height
    depth = f"{bits}-bit{KINDS[samples.kind]}"
    no_data, inverted = _no_data(page), page.photometric == PHOTOMETRIC.MINISWHITE
    notes = ["0 is white"] if inverted else []
    notes += [f"{no_data:g} means no data"] if no_data is not None else []
    return Header(
        index,
        "TIFF",
        width,
        height,
        depth,
        colour,
        samples,
        fixed_range(samples, bits),
        orientation,
        "; ".join(notes),
        no_data,
        inverted,
    )


def _no_data(page: TiffPage) -> float | None:
    """The sample value that GDAL's tag calls no data, if it is there and a number."""
    text = str(page.tags.valueof(NO_DATA, "")).replace("\0", " ").split()
    try:
        return float(text[0]) if text else None
    except ValueError:
        return None


def _colour(page: TiffPage, deep: bool, name: str) -> str:
    """The channels for a person. Raises `ImageError` for kinds that are not read."""
    packings = LOSSLESS if deep else PACKINGS_OF_8_BITS
    if page.compression not in packings:
        packing = getattr(page.compression, "name", page.compression)
        listed = ", ".join(sorted(each.name for each in packings))
        raise ImageError(name, f"uses {packing} compression; expected {listed}")
    known = COLOURS.get(page.photometric)  # type: ignore[call-overload]
    if known is None or (deep and known[0] in ("palette", "CMYK")):
        kind = getattr(page.photometric, "name", page.photometric)
        raise ImageError(
            name, f"has {page.bitspersample}-bit colours in {kind}; expected grey or RGB"
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
    alpha, kind = None, page.extrasamples[0] if page.extrasamples else None
    if kind in (EXTRASAMPLE.UNASSALPHA, EXTRASAMPLE.ASSOCALPHA):
        most = np.iinfo(values.dtype).max if values.dtype.kind in "ui" else 1
        alpha = np.clip(np.divide(values[..., channels], most, dtype=np.float32), 0, 1)
    return Samples(
        colour[..., 0] if channels == 1 else colour,
        alpha,
        premultiplied=kind == EXTRASAMPLE.ASSOCALPHA,
        inverted=page.photometric == PHOTOMETRIC.MINISWHITE,
    )
