"""One reader: the bytes of a PNG, JPEG, TIFF or another kind of file become an image.

An image is float32 in [0, 1], (H, W) or (H, W, 3). How brightness follows from the samples stands
in `images.reading.intensity`; how the pixels follow from the file, here:

- The content of a file decides its format, never its name.
- An orientation in the file (EXIF, TIFF) is followed, all eight of them.
- 1-bit, palette, CMYK and YCbCr files are read as the grey or RGB that they mean.
- Three equal channels are grey: a colour file whose every pixel is grey becomes (H, W).
- What alpha makes transparent turns black in proportion (colour times alpha), so that nothing
  counts which no viewer would show. An alpha that is the same everywhere means nothing.
- A colour profile (ICC) and a gamma value are not applied: samples stay as the camera wrote them.
- Every page of a TIFF and every frame of an animation or a DICOM file is an image of its own. Of a
  JPEG or HEIC with further pictures inside (previews, depth), the first counts; its header says so.
- A pixel of the value that a GeoTIFF or DICOM file declares to be no data shows what the nearest
  pixel with data shows.
- NaN and infinity are refused, as is a file that is cut short.

The modules beside this one read HEIC (`heif`) and DICOM (`dicom`), which are not known to Pillow,
and PNG (`png`), TIFF (`tiff`) and JPEG 2000 (`jpeg2000`) of more than 8 bits, which it would cut
down to 8; it decodes everything else.
"""

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import IO, Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import UnidentifiedImageError

from images.colour import Image
from images.errors import ImageError, shown
from images.reading import dicom, heif, jpeg2000, limits, png
from images.reading.intensity import Range, common_range, fixed_range, shared_range, to_unit
from images.reading.page import (
    Header,
    Samples,
    check_pages,
    check_size,
    known_orientation,
    too_many_pages,
)

FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "GIF", "JPEG2000")
NAMES = {"MPO": "JPEG", "JPEG2000": "JPEG 2000"}
"""Of Pillow's formats, where a person knows another."""
EXPECTED = "a PNG, JPEG, TIFF, BMP, WebP, GIF, JPEG 2000, HEIC or DICOM image"

COLOURS = {
    "1": "grey",
    "L": "grey",
    "LA": "grey with alpha",
    "I;16": "grey",
    "P": "palette",
    "PA": "palette with alpha",
    "RGB": "RGB",
    "RGBA": "RGB with alpha",
    "RGBX": "RGB",
    "CMYK": "CMYK",
    "YCbCr": "RGB",
}
TAIL = 2**17
"""Bytes at the end of a PNG in which an orientation behind the pixels is looked for."""
LARGEST = 1e300
"""Floats may be as large as this, so that the range of a set never overflows."""
ORIENTATION = 0x0112
"""The EXIF tag."""
START = 132
"""Bytes by which the format of a file is known."""

T = TypeVar("T")


def read_image(
    source: str | PathLike[str] | bytes, page: int = 0, *, name: str | None = None
) -> Image:
    """The image in a file that is given by its path or its bytes, as a set of one.

    `name` stands in errors, by default the file's. Raises `ImageError` when the file holds no
    image that can be read, IndexError when it has no such page.
    """
    data = source if isinstance(source, bytes) else Path(source).read_bytes()
    name = name or ("the image" if isinstance(source, bytes) else Path(source).name)
    header = headers(io.BytesIO(data), name)[page]
    samples = decode(io.BytesIO(data), name, header)
    found = header.scale or shared_range(header.samples, common_range(samples.values))
    return to_image(samples, found)


def headers(file: IO[bytes], name: str) -> tuple[Header, ...]:
    """What the file says of each of its pages. Cost: a fraction of a millisecond; no pixel decoded.

    Raises `ImageError` when this is no image, too large, or of a kind that is not read.
    """
    with _damage_is_told(name):
        start = file.read(START)
        file.seek(0)
        if not start:
            raise ImageError(name, f"is empty; expected {EXPECTED}")
        if _is_tiff(start):
            from images.reading import tiff

            found = tiff.headers(file, name)
        elif heif.is_heif(start):
            found = heif.headers(file, name)
        elif dicom.is_dicom(start):
            found = dicom.headers(file, name)
        else:
            found = _past_texts(lambda whole: _pillow_headers(whole, name), file)
        check_pages(name, found)
        return tuple(found)


def decode(file: IO[bytes], name: str, header: Header) -> Samples:
    """The samples of one page, as they are meant to be seen.

    Raises `ImageError` when pixels are missing, damaged, or NaN or infinity.
    """
    with _damage_is_told(name):
        samples = _decode(file, name, header)
        if header.no_data is not None:
            samples = samples.filled(header.no_data, name)
    height, width = samples.values.shape[:2]
    if (width, height) != (header.width, header.height):
        raise ImageError(
            name,
            (
                f"has {width} x {height} pixels, but its header says {header.width} x "
                f"{header.height}"
            ),
        )
    found = value_range(samples)
    if not (found.low > -LARGEST and found.high < LARGEST):
        raise ImageError(
            name,
            (f"contains NaN, infinity or a number beyond {LARGEST:g}; expected finite numbers"),
        )
    return samples


def value_range(samples: Samples) -> Range:
    """The smallest and the largest value."""
    return Range(samples.values.min().item(), samples.values.max().item())


def to_image(samples: Samples, scale: Range) -> Image:
    """The image that these samples mean, with black and white given."""
    samples = samples.without_idle_alpha()
    values = samples.values
    if values.ndim == 3 and (values[..., 0] == values[..., 1]).all():
        values = values[..., 0] if (values[..., 0] == values[..., 2]).all() else values
    image = to_unit(values, scale, samples.inverted)
    if samples.alpha is not None and not samples.premultiplied:
        image *= samples.alpha if image.ndim == 2 else samples.alpha[..., None]
    return np.ascontiguousarray(image)


@contextmanager
def _damage_is_told(name: str) -> Iterator[None]:
    """Whatever a decoder raises on a damaged file becomes an `ImageError`."""
    try:
        yield
    except ImageError:
        raise
    except UnidentifiedImageError as error:
        raise ImageError(name, f"is not a readable image; expected {EXPECTED}") from error
    except Pillow.DecompressionBombError as error:
        found = int(re.findall(r"\d+", str(error))[0])
        raise ImageError(
            name, f"has {found:,} pixels; the limit is {limits.PIXELS:,} pixels"
        ) from error
    except MemoryError as error:
        raise ImageError(name, "needs more memory than is available") from error
    except Exception as error:  # decoders raise anything on damaged files
        detail = shown(" ".join(str(error).split()).rstrip(".")) or type(error).__name__
        raise ImageError(name, f"is damaged or cut short: {detail}") from error


def _is_tiff(start: bytes) -> bool:
    return start[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def _past_texts(read: Callable[[IO[bytes]], T], file: IO[bytes]) -> T:
    """What `read` makes of a file; of a PNG with texts too long for Pillow, without its texts."""
    try:
        return read(file)
    except ValueError:
        slim = png.without_texts(file)
        if slim is None:
            raise
        return read(slim)


def _pillow_headers(file: IO[bytes], name: str) -> list[Header]:
    start = file.read(26)
    late_orientation = start[:8] == png.SIGNATURE and b"eXIf" in _tail(file)
    bits = 8
    samples: np.dtype[Any] = np.dtype(np.uint8)
    if png.is_deep(start):
        bits, samples = 16, np.dtype(np.uint16)
    elif jpeg2000.is_jpeg2000(start):
        bits, deep = jpeg2000.sample_type(file, name)
        samples = deep if bits > 8 else samples
    file.seek(0)
    with Pillow.open(file, formats=FORMATS) as opened:
        check_size(name, *opened.size)
        if opened.mode not in COLOURS:
            raise ImageError(name, f"has an unsupported colour mode: {opened.mode}")
        if late_orientation:
            opened.load()  # it may stand behind the pixels
        # Of a PNG by what has been read of it: its own `getexif` decodes all pixels.
        orientation = known_orientation(Pillow.Image.getexif(opened).get(ORIENTATION))
        width, height = opened.size if orientation < 5 else opened.size[::-1]
        pages = getattr(opened, "n_frames", 1)
        note = ""
        if opened.format == "MPO":
            pages, note = 1, f"the first of {pages} pictures in the file"
        if pages > limits.PAGES:
            raise too_many_pages(name)
        bits = 1 if opened.mode == "1" else bits
        first = Header(
            0,
            NAMES.get(str(opened.format), str(opened.format)),
            width,
            height,
            f"{bits}-bit" + (" signed" if samples.kind == "i" else ""),
            COLOURS[opened.mode],
            samples,
            fixed_range(samples, bits),
            orientation,
            note,
        )
    return [replace(first, index=index) for index in range(pages)]


def _tail(file: IO[bytes]) -> bytes:
    """The last bytes of a file, where a PNG may have what it did not know before its pixels."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - TAIL))
    return file.read()


def _decode(file: IO[bytes], name: str, header: Header) -> Samples:
    deep = header.samples != np.uint8
    if header.format == "HEIC":
        return heif.decode(file, name)
    if header.format == "DICOM":
        return dicom.decode(file, header)
    if header.format == "JPEG 2000" and deep:
        return jpeg2000.decode(file, name)
    if header.format == "PNG" and deep:
        return png.decode(file, name).turned(header.orientation)
    if header.format == "TIFF" and (deep or header.stacked):
        from images.reading import tiff

        return tiff.decode(file, name, header).turned(header.orientation)
    samples = _past_texts(lambda whole: _pillow_samples(whole, header), file)
    if header.format == "TIFF":
        return samples  # Pillow has turned it
    return samples.turned(header.orientation)


def _pillow_samples(file: IO[bytes], header: Header) -> Samples:
    file.seek(0)
    with Pillow.open(file, formats=FORMATS) as opened:
        if header.index:
            opened.seek(header.index)
        opened.info.pop("xmp", None)  # an orientation in it has been told from the header, or not
        if header.format == "TIFF":
            from images.reading import tiff

            tiff.full_colours(opened)
        return _to_samples(opened)


def _to_samples(opened: Pillow.Image) -> Samples:
    """Grey or RGB samples, and alpha, of what Pillow has opened."""
    grey = opened.mode in ("1", "L", "LA", "La")
    transparent = "transparency" in opened.info or opened.mode in ("LA", "PA", "RGBA", "RGBa", "La")
    mode = ("LA" if transparent else "L") if grey else ("RGBA" if transparent else "RGB")
    values: NDArray[Any] = np.asarray(opened if opened.mode == mode else opened.convert(mode))
    if not transparent:
        return Samples(values)
    alpha = np.divide(values[..., -1], np.float32(255), dtype=np.float32)
    return Samples(values[..., 0] if grey else values[..., :3], alpha)
