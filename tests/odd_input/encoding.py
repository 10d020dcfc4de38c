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
    imagej = options.pop("imagej", False)
    if not imagej:
        options.setdefault("metadata", None)
    with tifffile.TiffWriter(
        buffer,
        bigtiff=options.pop("bigtiff", False),
        byteorder=options.pop("byteorder", "<"),
        imagej=imagej,
    ) as writer:
        for page in pages:
            writer.write(page, **options)
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


def archive_of_bytes(entries: dict[bytes, bytes], extra: bytes = b"") -> bytes:
    """A ZIP archive of stored files whose names are bytes without the flag that they are UTF-8."""
    whole, directory = b"", b""
    for name, data in entries.items():
        common = struct.pack("<HHHHHLLLHH", 20, 0, 0, 0, 33, zlib.crc32(data), len(data), len(data),
                             len(name), 0)  # fmt: skip
        listed = common[:-2] + struct.pack("<H", len(extra))
        place = struct.pack("<HHHLL", 0, 0, 0, 0, len(whole))
        directory += b"PK\1\2" + struct.pack("<H", 20) + listed + place + name + extra
        whole += b"PK\3\4" + common + name + data
    count = len(entries)
    end = struct.pack("<HHHHLLH", 0, 0, count, count, len(directory), len(whole), 0)
    return whole + directory + b"PK\5\6" + end


def heic(picture: np.ndarray, mode: str = "RGB", **options: Any) -> bytes:
    """A HEIC without loss but of the conversion of colours; `mode` is one of pillow-heif's."""
    import pillow_heif

    height, width = picture.shape[:2]
    written = pillow_heif.from_bytes(mode, (width, height), np.ascontiguousarray(picture).tobytes())
    buffer = io.BytesIO()
    written.save(buffer, quality=-1, chroma=444, **options)
    return buffer.getvalue()


def jpeg2000(picture: np.ndarray, **options: Any) -> bytes:
    """A JPEG 2000 without loss; the options are those of `imagecodecs.jpeg2k_encode`."""
    import imagecodecs

    return bytes(imagecodecs.jpeg2k_encode(picture, level=0, **options))


def dicom(frames: np.ndarray, kind: str = "", **elements: Any) -> bytes:
    """A DICOM file of frames (count, H, W) or (count, H, W, 3), and further elements of it."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import UID, ExplicitVRLittleEndian, SecondaryCaptureImageStorage

    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    data.file_meta.MediaStorageSOPInstanceUID = UID("1.2.3")
    colour = frames.ndim == 4
    data.NumberOfFrames, data.Rows, data.Columns = frames.shape[:3]
    data.SamplesPerPixel = 3 if colour else 1
    if colour:
        data.PlanarConfiguration = 0
    data.PhotometricInterpretation = kind or ("RGB" if colour else "MONOCHROME2")
    data.BitsAllocated = data.BitsStored = 8 * frames.dtype.itemsize
    data.PixelRepresentation = int(frames.dtype.kind == "i")
    for name, value in elements.items():
        setattr(data, name, value)
    data.HighBit = data.BitsStored - 1
    data.PixelData = frames.tobytes() + bytes(frames.nbytes % 2)
    buffer = io.BytesIO()
    data.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def grey(height: int = 4, width: int = 5, seed: int = 0) -> np.ndarray:
    """8-bit noise."""
    return np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)
