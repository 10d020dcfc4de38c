"""PNG of 16 bits, against filters written out by the specification."""

import gc
import io
import struct
import tracemalloc
import zlib
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from images.errors import ImageError
from images.reading.png import ADAM7, SIGNATURE, decode, is_deep, without_texts
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
    """A PNG of samples (H, W, 1, 2, 3 or 4)."""
    height, width, channels = values.shape
    colour = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
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
    st.sampled_from([1, 2, 3, 4]),
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
    colours = 1 if channels < 3 else 3
    assert (found.values.reshape(height, width, colours) == values[..., :colours]).all()
    if channels == 1:
        assert found.alpha is None
    elif channels == 3:
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
    ("depth", "colour", "deep"), [(16, 2, True), (16, 0, True), (8, 2, False), (16, 6, True)]
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


def test_a_filter_that_is_none_is_refused() -> None:
    rows = zlib.compress(bytes([5]) + bytes(6))
    header = struct.pack(">IIBBBBB", 1, 1, 16, 2, 0, 0, 0)
    data = SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    with pytest.raises(ImageError, match=r"^a\.png is damaged: there is no PNG filter 5\.$"):
        decode(io.BytesIO(data), "a.png")


def test_what_follows_the_pixels_does_not_matter() -> None:
    values = np.arange(18, dtype=np.uint16).reshape(2, 3, 3)
    rows = filtered(big_endian(values), [0], 6)
    header = struct.pack(">IIBBBBB", 3, 2, 16, 2, 0, 0, 0)
    for packed in (
        zlib.compress(rows + bytes(50)),
        zlib.compress(rows)[:-4],
        zlib.compress(rows) + b"more",
    ):
        data = SIGNATURE + chunk(b"IHDR", header) + chunk(b"tRNS", b"odd") + chunk(b"IDAT", packed)
        assert (decode(io.BytesIO(data), "a.png").values == values).all()


def damaged() -> Iterator[bytes]:
    """One image, damaged in every byte of the header and many others, its checksums right."""
    values = np.random.default_rng(0).integers(0, 65536, (60, 70, 3), dtype=np.uint16)
    whole = encoded(values, [4, 1], False)
    pixels = zlib.decompress(whole[41:51] + whole[63:-16])
    header, rng = whole[16:29], np.random.default_rng(1)
    for _ in range(150):
        packed = bytearray(zlib.compress(pixels, 1))
        for place in rng.integers(0, len(packed), 3):
            packed[place] ^= int(rng.integers(1, 256))
        yield SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", bytes(packed))
    for length in range(0, len(whole), 200):
        yield whole[:length]
    for filter_number in range(5, 60):
        changed = bytearray(pixels)
        changed[0] = filter_number
        packed = bytearray(zlib.compress(bytes(changed)))
        yield SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", bytes(packed))


def test_damaged_files_leave_nothing_in_memory() -> None:
    files = list(damaged())
    tracemalloc.start()
    try:
        refused = 0
        for data in files:
            try:
                decode(io.BytesIO(data), "a.png")
            except (ImageError, zlib.error, struct.error):
                refused += 1
        gc.collect()
        left = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert refused > 200
    assert left < 60 * 70 * 3 * 2 * 10, "ten images of 25 kB"


def test_texts_are_dropped_and_nothing_else() -> None:
    whole = png(np.zeros((1, 16), dtype=np.uint8), 8, 0)
    assert without_texts(io.BytesIO(whole)) is None
    assert without_texts(io.BytesIO(b"GIF89a")) is None
    added = whole[:33] + chunk(b"tEXt", b"a\0b") + whole[33:]
    slim = without_texts(io.BytesIO(added))
    assert slim is not None
    assert slim.read() == whole
