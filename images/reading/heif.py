"""HEIC, as telephones write it: the first picture of a file, with all its bits."""

from typing import IO, Any

import numpy as np

from images.errors import ImageError
from images.reading.intensity import Range, fixed_range
from images.reading.page import Header, Samples, check_size

BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
COLOURS = {
    "L": "grey",
    "I": "grey",
    "LA": "grey with alpha",
    "La": "grey with alpha",
    "RGB": "RGB",
    "RGBA": "RGB with alpha",
    "RGBa": "RGB with alpha",
}


def is_heif(start: bytes) -> bool:
    """Whether these first bytes open such a file."""
    return start[4:8] == b"ftyp" and start[8:12] in BRANDS


def headers(file: IO[bytes], name: str) -> list[Header]:
    """The first picture; libheif has followed its orientation.

    Raises `ImageError` for colours that are not read.
    """
    opened = _opened(file)
    first = opened[opened.primary_index]
    width, height = first.size
    check_size(name, width, height)
    mode, _, deep = first.mode.partition(";")
    if mode not in COLOURS:
        raise ImageError(name, f"has an unsupported colour mode: {first.mode}")
    bits = int(deep or 8)
    samples = np.dtype(np.uint16 if deep else np.uint8)
    note = f"the first of {len(opened)} pictures in the file" if len(opened) > 1 else ""
    scale = fixed_range(samples, bits) if deep else Range(0, 255)
    colour = COLOURS[mode]
    return [Header(0, "HEIC", width, height, f"{bits}-bit", colour, samples, scale, note=note)]


def decode(file: IO[bytes], name: str) -> Samples:
    """The samples of the first picture."""
    opened = _opened(file)
    first = opened[opened.primary_index]
    values = np.array(first)
    width, height = first.size
    mode, _, deep = first.mode.partition(";")
    values = values[:height, :width]
    if values.ndim == 2 or values.shape[2] == 3:
        return Samples(values)
    most = np.float32(2 ** int(deep or 8) - 1)
    return Samples(
        values[..., 0] if values.shape[2] == 2 else values[..., :3],
        np.clip(values[..., -1] / most, 0, 1, dtype=np.float32),
        premultiplied=mode.endswith("a"),
    )


def _opened(file: IO[bytes]) -> Any:
    import pi_heif

    file.seek(0)
    return pi_heif.open_heif(file, convert_hdr_to_8bit=False, hdr_to_16bit=False)
