"""DICOM: its frames, in grey or RGB.

A frame's samples stay as the device wrote them: neither the window of a viewer nor the rescaling to
Hounsfield or other units is applied. MONOCHROME1, where 0 is white, is followed, and the value of
the padding around a round field of view means no data.
"""

from typing import IO, Any

import numpy as np

from images.errors import ImageError
from images.reading import limits
from images.reading.intensity import fixed_range
from images.reading.page import Header, Samples, check_size, too_many_pages

MAGIC_AT = 128
COLOURS = {
    "MONOCHROME1": "grey",
    "MONOCHROME2": "grey",
    "RGB": "RGB",
    "YBR_FULL": "RGB",
    "YBR_FULL_422": "RGB",
    "YBR_ICT": "RGB",
    "YBR_RCT": "RGB",
}
NEEDED = (
    "Rows",
    "Columns",
    "NumberOfFrames",
    "SamplesPerPixel",
    "PlanarConfiguration",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "PhotometricInterpretation",
    "PixelPaddingValue",
)


def is_dicom(start: bytes) -> bool:
    """Whether these first 132 bytes open such a file."""
    return start[MAGIC_AT : MAGIC_AT + 4] == b"DICM"


def headers(file: IO[bytes], name: str) -> list[Header]:
    """The frames. Raises `ImageError` when there is none or they are not read."""
    import pydicom

    file.seek(0)
    found = pydicom.dcmread(file, stop_before_pixels=True, specific_tags=list(NEEDED))
    if "Rows" not in found or "Columns" not in found:
        raise ImageError(name, "is a DICOM file without an image")
    check_size(name, int(found.Columns), int(found.Rows))
    kind, allocated = str(found.PhotometricInterpretation), int(found.BitsAllocated)
    if kind not in COLOURS:
        raise ImageError(name, f"has the colour space {kind}; expected grey or RGB")
    if allocated not in (8, 16, 32):
        raise ImageError(name, f"has samples of {allocated} bits; expected 8, 16 or 32")
    stored, signed = int(found.get("BitsStored", allocated)), bool(found.PixelRepresentation)
    samples = np.dtype(f"{'i' if signed else 'u'}{allocated // 8}")
    count = int(found.get("NumberOfFrames") or 1)
    if count > limits.PAGES:
        raise too_many_pages(name)
    padding = found.get("PixelPaddingValue")
    no_data, inverted = None if padding is None else float(padding), kind == "MONOCHROME1"
    notes = ["0 is white"] if inverted else []
    notes += [f"{no_data:g} means no data"] if no_data is not None else []
    return [
        Header(
            index,
            "DICOM",
            int(found.Columns),
            int(found.Rows),
            f"{stored}-bit" + (" signed" if signed else ""),
            COLOURS[kind],
            samples,
            fixed_range(samples, stored),
            note="; ".join(notes),
            no_data=no_data,
            white_is_zero=inverted,
        )
        for index in range(count)
    ]


def decode(file: IO[bytes], header: Header) -> Samples:
    """The samples of one frame."""
    from pydicom.pixels.utils import pixel_array

    file.seek(0)
    source: Any = file
    values = pixel_array(source, index=header.index)
    return Samples(values.astype(header.samples, copy=False), inverted=header.white_is_zero)
