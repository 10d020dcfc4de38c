"""PNG of 16 bits in several channels, against filters written out by the specification."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from images.deep_png import ADAM7, SIGNATURE, decode, is_deep
from images.errors import ImageError
from tests.odd_input.encoding import big_endian, chunk, png


def paeth(left: int, above: int, corner: int) -> int:
    """The predictor as the specification has it, section 9.4."""
    p = left + above - corner
    distances = abs(p - left), abs(p - above), abs(p - corner)
    return (left, above, corner)[distances.index(min(distances))]


def filtered(rows: np.ndarray, filters: list[int], step: int) -> bytes:
    """Rows of bytes, each behind the number of its filter, byte by byte."""
    found = bytearray()
    for y, row in enumerate(rows.tolist()):
        above_row = rows[y - 1].tolist() if y else [0] * len(row)
        number = filters[y % len(filters)]
        found.append(number)
        for x, value in enumerate(row):
            left = row[x - step] if x >= step else 0
            above = above_row[x]
            corner = above_row[x - step] if x >= step else 0
            guess = (0, left, above, (left + above) // 2, paeth(left, above, corner))[number]
            found.append((value - guess) % 256)
    return bytes(found)


def encoded(values: np.ndarray, filters: list[int], interlaced: bool) -> bytes:
    """A PNG of samples (H, W, 2, 3 or 4)."""
    height, width, channels = values.shape
    colour = {2: 4, 3: 2, 4: 6}[channels]
    passes = ADAM7 if interlaced else ((0, 0, 1, 1),)
    data = b""
    for row, column, down, right in passes:
        part = values[row::down, column::right]
        if part.size:
            data += filtered(big_endian(part), filters, 2 * channels)
    header = struct.pack(">IIBBBBB", width, height, 16, colour, 0, 0, interlaced)
    packed = zlib.compress(data)
    return (
        SIGNATURE
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", packed[:10])
        + chunk(b"IDAT", packed[10:])
        + chunk(b"IEND", b"")
    )


@given(
    st.integers(1, 9),
    st.integers(1, 9),
    st.sampled_from([2, 3, 4]),
    st.lists(st.integers(0, 4), min_size=1, max_size=6),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
@settings(deadline=None, max_examples=150)
def test_every_filter_and_interlacing(
    height: int, width: int, channels: int, filters: list[int], interlaced: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 65536, (height, width, channels), dtype=np.uint16)
    data = encoded(values, filters, interlaced)
    assert is_deep(data[:26])
    found = decode(io.BytesIO(data), "a.png")
    colours = 1 if channels == 2 else 3
    assert (found.values.reshape(height, width, colours) == values[..., :colours]).all()
    if channels == 3:
        assert found.alpha is None
        high_bytes = np.asarray(Pillow.open(io.BytesIO(data)))
        assert (high_bytes == values >> 8).all()
    else:
        assert found.alpha is not None
        assert (found.alpha == (values[..., -1] / 65535).astype(np.float32)).all()


@pytest.mark.parametrize("interlaced", [False, True])
def test_a_larger_image(interlaced: bool) -> None:
    rows, columns = np.mgrid[:70, :90]
    values = np.dstack([rows * 900, columns * 700, (rows * columns) % 65536]).astype(np.uint16)
    data = encoded(values, [4, 3, 1, 2, 0], interlaced)
    assert (decode(io.BytesIO(data), "a.png").values == values).all()


@pytest.mark.parametrize(
    ("depth", "colour", "deep"), [(16, 2, True), (16, 0, False), (8, 2, False), (16, 6, True)]
)
def test_which_files_are_deep(depth: int, colour: int, deep: bool) -> None:
    assert is_deep(png(np.zeros((1, 16), dtype=np.uint8), depth, colour)) == deep


def test_damage_is_refused() -> None:
    data = encoded(np.full((5, 6, 3), 700, dtype=np.uint16), [4], False)
    changed = bytearray(data)
    changed[50] ^= 1
    with pytest.raises(ImageError, match=r"^a\.png is damaged in its chunk IDAT\.$"):
        decode(io.BytesIO(bytes(changed)), "a.png")
    few = SIGNATURE + data[8:33] + chunk(b"IDAT", zlib.compress(bytes(10)))
    with pytest.raises(ImageError, match=r"^a\.png is cut short: pixels are missing from it\.$"):
        decode(io.BytesIO(few), "a.png")
