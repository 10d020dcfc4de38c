"""Files of odd kinds, as bytes."""

import io
import struct
import zipfile
import zlib
from typing import Any

import numpy as np
import tifffile
from PIL import Image as Pillow


def encoded(picture: np.ndarray | Pillow.Image, format: str, **options: Any) -> bytes:
    """A picture as a file that Pillow writes."""
    if isinstance(picture, np.ndarray):
        picture = Pillow.fromarray(picture)
    buffer = io.BytesIO()
    picture.save(buffer, format, **options)
    return buffer.getvalue()


def tiff(*pages: np.ndarray, **options: Any) -> bytes:
    """A TIFF of one or more pages; the options are those of `tifffile.TiffWriter.write`."""
    buffer = io.BytesIO()
    with tifffile.TiffWriter(
        buffer, bigtiff=options.pop("bigtiff", False), byteorder=options.pop("byteorder", "<")
    ) as writer:
        for page in pages:
            writer.write(page, metadata=None, **options)
    return buffer.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk of a PNG."""
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def png(rows: np.ndarray, depth: int, colour: int, chunks: bytes = b"") -> bytes:
    """A PNG of unfiltered rows of bytes, of any depth and colour type.

    The chunks come before the pixels.
    """
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    height, width = len(rows), rows.shape[1] * 8 // (depth * channels)
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    pixels = np.pad(rows, ((0, 0), (1, 0))).tobytes()
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunks
        + chunk(b"IDAT", zlib.compress(pixels))
        + chunk(b"IEND", b"")
    )


def big_endian(values: Any) -> np.ndarray:
    """16-bit samples (H, W) or (H, W, C) as rows of bytes."""
    samples = np.ascontiguousarray(values, dtype=">u2")
    return samples.reshape(len(samples), -1).view(np.uint8)


def archive(entries: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as opened:
        for name, data in entries.items():
            opened.writestr(name, data)
    return buffer.getvalue()


def grey(height: int = 4, width: int = 5, seed: int = 0) -> np.ndarray:
    """8-bit noise."""
    return np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)
