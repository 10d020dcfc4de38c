"""JPEG 2000 of more than 8 bits, which Pillow would cut down to 8 in colour.

Pages of up to 8 bits a sample are decoded by Pillow (see `images.reading.reader`).

ISO/IEC 15444-1: boxes in annex I, the marker segment SIZ in annex A.5.1.
"""

import io
import struct
from typing import IO, Any

import numpy as np

from images.errors import ImageError
from images.reading.page import Samples

BOXES = b"\0\0\0\x0cjP  \r\n\x87\n"
CODESTREAM = b"\xff\x4f\xff\x51"
COLOUR, SRGB, GREY = b"colr\1", b"\0\0\0\x10", b"\0\0\0\x11"
"""The box of an enumerated colour space, and two of these."""
LONGEST_HEADER = 2**16
MOST_BITS = 16


def is_jpeg2000(start: bytes) -> bool:
    """Whether these first bytes open such a file."""
    return start.startswith((BOXES, CODESTREAM))


def sample_type(file: IO[bytes], name: str) -> tuple[int, np.dtype[Any]]:
    """How many bits a sample has, and in which type more than 8 are decoded.

    Raises `ImageError` where the channels differ or are too deep.
    """
    start, box = _codestream(file, name)
    file.seek(start)
    head = file.read(42)
    if len(head) < 42 or head[:4] != CODESTREAM:
        raise ImageError(name, "is cut short: it has no pixels")
    (channels,) = struct.unpack_from(">H", head, 40)
    kinds = file.read(3 * channels)[::3]
    if channels == 0 or len(kinds) < channels:
        raise ImageError(name, "is cut short: it has no pixels")
    bits, signed = (kinds[0] & 127) + 1, bool(kinds[0] & 128)
    if len(set(kinds)) > 1 and max(kind & 127 for kind in kinds) > 7:
        raise ImageError(name, "has channels with different bit depths; expected one bit depth")
    if bits > MOST_BITS:
        raise ImageError(name, f"has samples of {bits} bits; expected up to {MOST_BITS}")
    at = box.find(COLOUR)
    if bits > 8 and at >= 0 and box[at + 7 : at + 11] not in (b"", SRGB, GREY):
        raise ImageError(name, f"has {bits}-bit colours that are neither grey nor RGB")
    return bits, np.dtype(np.int16 if signed else np.uint16)


def decode(file: IO[bytes], name: str) -> Samples:
    """The samples of a file of more than 8 bits."""
    import imagecodecs

    file.seek(0)
    values = imagecodecs.jpeg2k_decode(file.read())
    channels = 1 if values.ndim == 2 else values.shape[2]
    if channels > 4:
        raise ImageError(name, f"has {channels} channels; expected 1 to 4")
    if channels in (1, 3):
        return Samples(values.reshape(values.shape[:2]) if channels == 1 else values)
    most = np.float32(np.iinfo(values.dtype).max)
    return Samples(
        values[..., 0] if channels == 2 else values[..., :3],
        np.clip(values[..., -1] / most, 0, 1, dtype=np.float32),
    )


def _codestream(file: IO[bytes], name: str) -> tuple[int, bytes]:
    """Where the pixels begin, at the start or in a box, and the box that describes them."""
    file.seek(0)
    if file.read(4) == CODESTREAM:
        return 0, b""
    described = b""
    at, end = 0, file.seek(0, io.SEEK_END)
    while at + 8 <= end:
        file.seek(at)
        length, kind = struct.unpack(">I4s", file.read(8))
        start = at + 8
        if length == 1 and start + 8 <= end:
            (length,) = struct.unpack(">Q", file.read(8))
            start += 8
        if kind == b"jp2c":
            return start, described
        if kind == b"jp2h":
            described = file.read(min(length, LONGEST_HEADER))
        if length < start - at:
            break
        at += length
    raise ImageError(name, "is cut short: it has no pixels")
