"""Pictures of every kind, with the values that they must have."""

import io
import re
import struct
import zlib
from functools import cache
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageCms

from images.errors import ImageError
from images.open import from_files
from images.reading.reader import headers, read_image
from tests.odd_input.encoding import (
    big_endian,
    chunk,
    dicom,
    encoded,
    grey,
    heic,
    jpeg2000,
    png,
    tiff,
)

LEVELS = np.array([[0, 1, 128], [254, 255, 7]], dtype=np.uint8)
DEEP = np.array([[0, 1, 257], [32768, 65534, 65535]], dtype=np.uint16)
COLOURS = np.array([[[255, 0, 0], [0, 255, 0]], [[10, 20, 30], [40, 40, 40]]], dtype=np.uint8)


def same(image: np.ndarray, expected: Any) -> None:
    """The image has exactly these values, as float32."""
    expected = np.asarray(expected, dtype=np.float64).astype(np.float32)
    assert image.dtype == np.float32
    assert image.shape == expected.shape
    assert (image == expected).all(), (image, expected)


@pytest.mark.parametrize("format", ["PNG", "TIFF", "BMP", "GIF"])
def test_8_bit_grey(format: str) -> None:
    same(read_image(encoded(LEVELS, format)), LEVELS / 255)


@pytest.mark.parametrize("format", ["PNG", "TIFF", "BMP"])
def test_8_bit_colour(format: str) -> None:
    same(read_image(encoded(COLOURS, format)), COLOURS / 255)


def test_lossless_webp() -> None:
    same(read_image(encoded(COLOURS, "WEBP", lossless=True)), COLOURS / 255)


@pytest.mark.parametrize("format", ["JPEG", "WEBP"])
def test_lossy_colour_is_near(format: str) -> None:
    flat = np.tile(np.array([200, 100, 50], dtype=np.uint8), (16, 16, 1))
    image = read_image(encoded(flat, format, quality=95))
    assert np.abs(image - flat / 255).max() < 4 / 255


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_16_bit_grey_uses_its_whole_range(format: str) -> None:
    same(read_image(encoded(DEEP, format)), DEEP / 65535)


def test_big_endian_16_bit_tiff() -> None:
    same(read_image(tiff(DEEP, byteorder=">")), DEEP / 65535)


def test_16_bit_colour_png_keeps_the_low_byte() -> None:
    colours = np.stack([DEEP, DEEP[::-1], DEEP[:, ::-1]], axis=2)
    same(read_image(png(big_endian(colours), 16, 2)), colours / 65535)


def test_16_bit_png_with_alpha() -> None:
    grey_alpha = np.array([[[40000, 65535], [65535, 13107]]], dtype=np.uint16)
    same(read_image(png(big_endian(grey_alpha), 16, 4)), [[40000 / 65535, 0.2]])
    colour = np.array([[[65535, 0, 30000, 65535], [5, 6, 7, 0]]], dtype=np.uint16)
    same(read_image(png(big_endian(colour), 16, 6)), [[[1, 0, 30000 / 65535], [0, 0, 0]]])


@pytest.mark.parametrize(
    ("compression", "predictor"),
    [
        *(
            (compression, False)
            for compression in (None, "lzw", "zlib", "packbits", "zstd", "lzma")
        ),
        *((compression, True) for compression in ("lzw", "zlib", "zstd", "lzma")),
    ],
)
def test_16_bit_colour_tiff(compression: str | None, predictor: bool) -> None:
    colours = np.random.default_rng(0).integers(0, 65536, (40, 50, 3), dtype=np.uint16)
    colours[0, 0] = 65535
    data = tiff(colours, photometric="rgb", compression=compression, predictor=predictor)
    same(read_image(data), colours / 65535)


def test_separate_planes_and_tiles() -> None:
    colours = np.random.default_rng(0).integers(0, 65536, (3, 40, 50), dtype=np.uint16)
    colours[:, 0, 0] = 65535
    expected = np.moveaxis(colours, 0, 2) / 65535
    same(read_image(tiff(colours, photometric="rgb", planarconfig="separate")), expected)
    tiled = tiff(colours, photometric="rgb", planarconfig="separate", tile=(16, 32))
    same(read_image(tiled), expected)
    small = grey(40, 50)
    same(read_image(tiff(small, tile=(16, 32))), small / 255)
    same(read_image(tiff(small, tile=(16, 32), compression="zlib")), small / 255)


@pytest.mark.parametrize("compression", [None, "lzw", "zlib", "packbits", "zstd", "lzma"])
@pytest.mark.parametrize("separate", [False, True])
@pytest.mark.parametrize("tile", [None, (16, 32)])
def test_8_bit_tiff(compression: str | None, separate: bool, tile: tuple[int, int] | None) -> None:
    colours = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    stored = np.moveaxis(colours, 2, 0).copy() if separate else colours
    planes = "separate" if separate else "contig"
    data = tiff(stored, photometric="rgb", planarconfig=planes, compression=compression, tile=tile)
    same(read_image(data), colours / 255)


def test_a_tiff_packed_by_an_odd_method_is_refused() -> None:
    with pytest.raises(
        ImageError, match=r"^a\.tif uses LERC compression; expected ADOBE_DEFLATE, "
    ):
        read_image(tiff(LEVELS, compression="lerc"), name="a.tif")


def test_premultiplied_alpha_is_taken_as_it_is() -> None:
    values = np.array([[[50, 100, 0, 100], [10, 20, 30, 255]]], dtype=np.uint8)
    image = read_image(tiff(values, photometric="rgb", extrasamples=["assocalpha"]))
    assert np.abs(image - values[..., :3] / 255).max() < 0.003
    deep = values.astype(np.uint16) * 257
    data = tiff(deep, photometric="rgb", extrasamples=["assocalpha"])
    same(read_image(data), deep[..., :3] / 65535)


def test_12_bit_values_in_16_bits() -> None:
    values = np.array([[0, 1, 2048], [4094, 4095, 17]], dtype=np.uint16)
    same(read_image(encoded(values, "PNG")), values / 4095)
    same(read_image(tiff(values)), values / 4095)
    colours = np.stack([values] * 2 + [values[::-1]], axis=2)
    same(read_image(png(big_endian(colours), 16, 2)), colours / 4095)


def test_images_of_one_set_share_their_scale() -> None:
    dark = np.array([[0, 100]], dtype=np.uint16)
    bright = np.array([[50, 1000]], dtype=np.uint16)
    data = from_files([("a.png", encoded(dark, "PNG"))], [("b.tif", tiff(bright))])
    same(data.normal[0].read(), dark / 1023)
    same(data.test[0].read(), bright / 1023)


def test_float_images_of_one_set_share_their_scale() -> None:
    first = np.array([[-10, 0]], dtype=np.float32)
    second = np.array([[0, 30]], dtype=np.float32)
    data = from_files([("a.tif", tiff(first))], [("b.tif", tiff(second))])
    same(data.normal[0].read(), [[1 / 6, 5 / 6]])
    same(data.test[0].read(), [[5 / 6, 1]])


def test_packed_12_bit_tiff() -> None:
    values = np.array([[0, 1, 2048, 100], [4094, 4095, 17, 9]], dtype=np.uint16)
    same(read_image(tiff(values // 4, bitspersample=10)), values // 4 / 1023)
    same(read_image(tiff(values, bitspersample=12)), values / 4095)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_float_tiff_in_0_to_1(dtype: str) -> None:
    values = np.array([[0, 0.25], [0.5, 1]], dtype=dtype)
    same(read_image(tiff(values)), values)


def test_float_colour_tiff() -> None:
    values = np.array([[[0, 0.25, 1], [0.5, 0.125, 1]]], dtype=np.float32)
    same(read_image(tiff(values, photometric="rgb")), values)


@pytest.mark.parametrize("scale", [1e-6, 255, 65535, 1e6, 1e30])
def test_float_tiff_of_another_range_is_neither_black_nor_white(scale: float) -> None:
    values = (np.array([[0, 0.25], [0.5, 1]]) * scale).astype(np.float32)
    image = read_image(tiff(values, compression="zlib", predictor=True))
    assert image == pytest.approx(np.array([[0, 0.25], [0.5, 1]]), abs=1e-6)


def test_signed_integers() -> None:
    same(read_image(tiff(np.array([[-100, 0, 300]], dtype=np.int16))), [[0, 0.25, 1]])
    same(read_image(tiff(np.array([[0, 4095]], dtype=np.int16))), [[0, 1]])
    same(read_image(tiff(np.array([[-128, 127]], dtype=np.int8))), [[0, 1]])
    same(read_image(tiff(np.array([[0, 70000]], dtype=np.int32))), [[0, 70000 / 262143]])


def test_32_bit_integers() -> None:
    values = np.array([[0, 2**31, 2**32 - 1]], dtype=np.uint32)
    same(read_image(tiff(values)), values.astype(np.float64) / (2**32 - 1))


@pytest.mark.parametrize("format", ["PNG", "TIFF", "BMP"])
def test_1_bit(format: str) -> None:
    bits = np.array([[True, False, True, True, False]])
    same(read_image(encoded(bits, format)), bits)


def test_1_bit_fax_tiff() -> None:
    bits = np.array([[True, False, True, True, False]] * 3)
    same(read_image(encoded(bits, "TIFF", compression="group4")), bits)


@pytest.mark.parametrize(("depth", "white"), [(1, 1), (2, 3), (4, 15)])
def test_shallow_png(depth: int, white: int) -> None:
    row = {1: 0b10110000, 2: 0b11_10_01_00, 4: 0xF3}[depth]
    values = {1: [1, 0, 1, 1, 0, 0, 0, 0], 2: [3, 2, 1, 0], 4: [15, 3]}[depth]
    image = read_image(png(np.array([[row]], dtype=np.uint8), depth, 0))
    same(image, np.array([values]) / white)


def test_white_is_zero_tiff() -> None:
    same(read_image(tiff(LEVELS, photometric="miniswhite")), (255 - LEVELS) / 255)
    same(read_image(tiff(DEEP, photometric="miniswhite")), (65535.0 - DEEP) / 65535)


def test_white_is_zero_with_12_bits_in_16_and_packed() -> None:
    values = np.array([[0, 1, 2048, 100], [4094, 4095, 17, 9]], dtype=np.uint16)
    same(read_image(tiff(values, photometric="miniswhite")), (4095.0 - values) / 4095)
    packed = tiff(values, photometric="miniswhite", bitspersample=12)
    same(read_image(packed), (4095.0 - values) / 4095)


def test_white_is_zero_with_signed_samples() -> None:
    values = np.array([[-100, 0, 300]], dtype=np.int16)
    same(read_image(tiff(values, photometric="miniswhite")), [[1, 0.75, 0]])
    same(read_image(tiff(np.array([[-128, 127]], np.int8), photometric="miniswhite")), [[1, 0]])
    positive = np.array([[0, 4095]], dtype=np.int16)
    same(read_image(tiff(positive, photometric="miniswhite")), [[1, 0]])


@pytest.mark.parametrize("scale", [1, 255])
def test_white_is_zero_with_float_samples(scale: int) -> None:
    values = np.array([[0, 0.25], [0.5, 1]], dtype=np.float32)
    same(read_image(tiff(values * scale, photometric="miniswhite")), 1 - values)


def test_white_is_zero_is_told() -> None:
    (header,) = headers(io.BytesIO(tiff(DEEP, photometric="miniswhite")), "a.tif")
    assert str(header) == "3 x 2, 16-bit grey TIFF; 0 is white"


@pytest.mark.parametrize("format", ["PNG", "TIFF", "GIF", "BMP"])
def test_palette_becomes_its_colours(format: str) -> None:
    picture = Pillow.fromarray(np.array([[0, 1, 2]], dtype=np.uint8), "P")
    picture.putpalette([255, 0, 0, 0, 0, 255, 10, 20, 30])
    image = read_image(encoded(picture, format))
    same(image, np.array([[[255, 0, 0], [0, 0, 255], [10, 20, 30]]]) / 255)


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw"])
def test_palette_of_8_bit_colours_in_a_tiff(compression: str) -> None:
    colours = [[255, 0, 0], [0, 0, 255], [10, 20, 30]]
    picture = Pillow.fromarray(np.array([[0, 1, 2]], dtype=np.uint8), "P")
    picture.putpalette([level for colour in colours for level in colour])
    data = encoded(picture, "TIFF", compression=compression)
    at = struct.unpack_from("<L", data, data.index(struct.pack("<HHL", 320, 3, 768)) + 8)[0]
    wide = np.frombuffer(data, "<u2", 768, at)
    narrow = data[:at] + (wide // 256).astype("<u2").tobytes() + data[at + 1536 :]
    for each in (data, narrow):
        same(read_image(each), np.array([colours]) / 255)


def test_palette_with_transparency() -> None:
    picture = Pillow.fromarray(np.array([[0, 1]], dtype=np.uint8), "P")
    picture.putpalette([255, 0, 0, 10, 20, 30])
    image = read_image(encoded(picture, "PNG", transparency=0))
    same(image, np.array([[[0, 0, 0], [10, 20, 30]]]) / 255)


def test_alpha_turns_black_in_proportion() -> None:
    colour = np.array([[[200, 100, 50, 255], [200, 100, 50, 51], [9, 8, 7, 0]]], dtype=np.uint8)
    expected = np.float32([200, 100, 50]) / np.float32(255)
    for data in (encoded(colour, "PNG"), encoded(colour, "WEBP", lossless=True, exact=True)):
        image = read_image(data)
        same(image[0, 0], expected)
        assert image[0, 1] == pytest.approx(expected * 0.2)
        same(image[0, 2], [0, 0, 0])


def test_grey_with_alpha() -> None:
    values = np.array([[[200, 255], [200, 0]]], dtype=np.uint8)
    same(read_image(encoded(values, "PNG")), [[200 / 255, 0]])
    same(
        read_image(tiff(values, photometric="minisblack", extrasamples=["unassalpha"])),
        [[200 / 255, 0]],
    )


@pytest.mark.parametrize("alpha", [0, 17, 255])
def test_alpha_that_is_the_same_everywhere_means_nothing(alpha: int) -> None:
    colour = np.dstack([COLOURS, np.full((2, 2), alpha, np.uint8)])
    same(read_image(encoded(colour, "PNG")), COLOURS / 255)


def test_a_further_channel_that_is_no_alpha_is_left_out() -> None:
    values = np.dstack([DEEP, DEEP[::-1], DEEP, np.zeros_like(DEEP)])
    data = tiff(values, photometric="rgb", extrasamples=["unspecified"])
    same(read_image(data), values[..., :3] / 65535)


def test_transparent_colour_of_a_png() -> None:
    rows = COLOURS.reshape(2, -1)
    data = png(rows, 8, 2, chunk(b"tRNS", struct.pack(">HHH", 255, 0, 0)))
    expected = COLOURS.copy()
    expected[0, 0] = 0
    same(read_image(data), expected / 255)


def test_transparent_colour_of_16_bits() -> None:
    # Only the low bytes tell the transparent pixel from the others.
    values = np.array([[0x1234, 0x1235], [0x1334, 0xFFFF]], dtype=np.uint16)
    image = read_image(png(big_endian(values), 16, 0, chunk(b"tRNS", b"\x12\x34")))
    same(image, np.where(values == 0x1234, 0, values) / 65535)
    colours = np.dstack([values, values[::-1], values[:, ::-1]])
    key = chunk(b"tRNS", struct.pack(">HHH", *colours[0, 0].tolist()))
    expected = colours / 65535
    expected[0, 0] = 0
    same(read_image(png(big_endian(colours), 16, 2, key)), expected)


@cache
def text_chunks() -> dict[str, bytes]:
    long = bytes(5_000_000)
    packed = zlib.compress(b"x" * 5_000_000)
    return {
        "text": chunk(b"tEXt", b"Comment\0" + b"x" * 5_000_000),
        "packed text": chunk(b"zTXt", b"Comment\0\0" + packed),
        "international text": chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + packed),
        "many texts": chunk(b"zTXt", b"a\0\0" + zlib.compress(b"x" * 1_000_000)) * 70,
        "profile": chunk(b"iCCP", b"ICC\0\0" + zlib.compress(long)),
        "broken profile": chunk(b"iCCP", b"ICC\0\0" + b"no zlib"),
    }


@pytest.mark.parametrize("kind", text_chunks())
@pytest.mark.parametrize("behind", [False, True])
def test_long_texts_and_profiles_of_a_png(kind: str, behind: bool) -> None:
    added = text_chunks()[kind]
    orientation = Pillow.Exif()
    orientation[0x0112] = 3
    added += chunk(b"eXIf", orientation.tobytes()[6:])
    for data in (
        png(COLOURS.reshape(2, -1), 8, 2),
        png(big_endian(COLOURS.astype(np.uint16) * 257), 16, 2),
    ):
        at = -12 if behind else 33
        image = read_image(data[:at] + added + data[at:])
        same(image, COLOURS[::-1, ::-1] / 255)


def test_cmyk_jpeg() -> None:
    ink = np.zeros((16, 16, 4), dtype=np.uint8)
    ink[..., 0], ink[..., 3] = 255, 51
    image = read_image(encoded(Pillow.fromarray(ink, "CMYK"), "JPEG", quality=100))
    assert image.shape == (16, 16, 3)
    assert np.abs(image - [0, 0.8, 0.8]).max() < 0.02


def test_cmyk_tiff() -> None:
    ink = np.zeros((2, 2, 4), dtype=np.uint8)
    ink[..., 1] = 255
    same(read_image(encoded(Pillow.fromarray(ink, "CMYK"), "TIFF")), [[[1, 0, 1]] * 2] * 2)


TURNED = {
    1: [[1, 2, 3], [4, 5, 6]],
    2: [[3, 2, 1], [6, 5, 4]],
    3: [[6, 5, 4], [3, 2, 1]],
    4: [[4, 5, 6], [1, 2, 3]],
    5: [[1, 4], [2, 5], [3, 6]],
    6: [[4, 1], [5, 2], [6, 3]],
    7: [[6, 3], [5, 2], [4, 1]],
    8: [[3, 6], [2, 5], [1, 4]],
}


@pytest.mark.parametrize("orientation", TURNED)
def test_exif_orientation(orientation: int) -> None:
    expected = np.array(TURNED[orientation]) * 40
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    small = (np.array(TURNED[1]) * 40).astype(np.uint8)
    for data in (
        encoded(small, "PNG", exif=exif),
        encoded(np.dstack([small] * 3), "WEBP", lossless=True, exif=exif),
        encoded(small, "TIFF", exif=exif),
        tiff(small, extratags=[(274, 3, 1, orientation, True)]),
        tiff(small, compression="zlib", extratags=[(274, 3, 1, orientation, True)]),
    ):
        same(read_image(data), expected / 255)
        (header,) = headers(io.BytesIO(data), "a")
        assert (header.height, header.width) == expected.shape
        assert header.orientation == orientation
    deep = small.astype(np.uint16) * 257
    tag = chunk(b"eXIf", exif.tobytes()[6:])
    colours = np.dstack([deep] * 3)
    for data in (
        tiff(deep, extratags=[(274, 3, 1, orientation, True)]),
        png(big_endian(deep), 16, 0, tag),
        png(big_endian(colours), 16, 2, tag),
    ):
        assert read_image(data) == pytest.approx(expected * 257 / 65535)
    large = np.kron(small, np.ones((16, 16), np.uint8))
    image = read_image(encoded(large, "JPEG", quality=100, exif=exif))
    assert np.abs(image[8::16, 8::16] - expected / 255).max() < 0.02


def test_exif_orientation_behind_the_pixels() -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    whole = png(np.array([[1, 2, 3]], dtype=np.uint8), 8, 0)
    data = whole[:-12] + chunk(b"eXIf", exif.tobytes()[6:]) + whole[-12:]
    (header,) = headers(io.BytesIO(data), "a")
    assert (header.width, header.height) == (1, 3)
    same(read_image(data), np.array([[1], [2], [3]]) / 255)


@pytest.mark.parametrize("orientation", [0, 9, 300])
def test_orientation_of_no_meaning_is_none(orientation: int) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    same(read_image(encoded(LEVELS, "PNG", exif=exif)), LEVELS / 255)


def test_colour_profile_and_gamma_are_not_applied() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    same(read_image(encoded(COLOURS, "PNG", icc_profile=profile)), COLOURS / 255)
    data = png(COLOURS.reshape(2, -1), 8, 2, chunk(b"gAMA", struct.pack(">I", 100000)))
    same(read_image(data), COLOURS / 255)


def test_interlaced_png() -> None:
    # Adam7 of a 2 x 2 image: pass 1 has its first pixel, pass 6 the second, pass 7 the second row.
    rows = bytes([0, 10]) + bytes([0, 20]) + bytes([0, 30, 40])
    header = struct.pack(">IIBBBBB", 2, 2, 8, 0, 0, 0, 1)
    data = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
    same(read_image(data), np.array([[10, 20], [30, 40]]) / 255)


def test_three_equal_channels_are_grey() -> None:
    same(read_image(encoded(np.dstack([LEVELS] * 3), "PNG")), LEVELS / 255)
    same(read_image(tiff(np.dstack([DEEP] * 3), photometric="rgb")), DEEP / 65535)


@pytest.mark.parametrize("shape", [(1, 5000), (5000, 1), (3, 3), (1, 1)])
def test_extreme_shapes(shape: tuple[int, int]) -> None:
    values = grey(*shape)
    for format in ("PNG", "TIFF", "BMP"):
        same(read_image(encoded(values, format)), values / 255)


@pytest.mark.slow
def test_64_million_pixels() -> None:
    values = np.zeros((8000, 8000), dtype=np.uint8)
    values[-1, -1] = 255
    image = read_image(encoded(values, "PNG", compress_level=1))
    assert image.shape == (8000, 8000)
    assert image[-1, -1] == 1


@pytest.mark.parametrize("value", [0, 77, 255])
def test_constant_images(value: int) -> None:
    same(read_image(encoded(np.full((3, 4), value, np.uint8), "PNG")), np.full((3, 4), value / 255))


@pytest.mark.parametrize(("value", "expected"), [(5.0, 0.5), (-3.0, 0.5), (0.7, 0.7), (0.0, 0.0)])
def test_constant_float_images(value: float, expected: float) -> None:
    same(
        read_image(tiff(np.full((3, 4), value, np.float32))), np.full((3, 4), np.float32(expected))
    )


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_are_refused(value: float) -> None:
    sentence = "a.tif contains NaN, infinity or a number beyond 1e+300; expected finite numbers."
    with pytest.raises(ImageError, match=f"^{re.escape(sentence)}$"):
        read_image(tiff(np.array([[0.5, value]], dtype=np.float32)), name="a.tif")


def test_every_page_of_a_tiff_is_an_image() -> None:
    pages = [np.full((4, 5), value, dtype=np.uint16) for value in (0, 1000, 65535)]
    data = from_files(test=[("stack.tif", tiff(*pages))])
    assert [picture.name for picture in data.test] == [
        "test/stack.tif#1",
        "test/stack.tif#2",
        "test/stack.tif#3",
    ]
    for picture, page in zip(data.test, pages, strict=True):
        same(picture.read(), page / 65535)
    assert len(data.findings) == 3


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_a_stack_with_a_single_directory(dtype: str, byteorder: str) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (5, 6, 7)).astype(dtype)
    frames[:, 0, 0] = 255
    for stack in (
        tiff(frames, imagej=True, truncate=True, byteorder=byteorder),
        tiff(frames, truncate=True, byteorder=byteorder, metadata={"axes": "ZYX"}),
    ):
        data = from_files(test=[("s.tif", stack)])
        assert [each.name for each in data.test] == [f"test/s.tif#{at}" for at in range(1, 6)]
        for picture, frame in zip(data.test, frames, strict=True):
            assert (picture.read() == (frame / np.float64(255)).astype(np.float32)).all() or (
                dtype == "float32"
            )
        images = [picture.read() for picture in data.test]
        order = [np.argsort(image, axis=None).tolist() for image in images]
        assert len({tuple(each) for each in order}) == 5


def test_a_hyperstack_and_one_in_colour() -> None:
    frames = np.random.default_rng(0).integers(0, 256, (2, 3, 2, 6, 7), dtype=np.uint8)
    data = tiff(frames, imagej=True, truncate=True, metadata={"axes": "TZCYX"})
    assert len(headers(io.BytesIO(data), "a")) == 12
    same(read_image(data, 7), frames[1, 0, 1] / 255)
    colours = np.random.default_rng(0).integers(0, 256, (4, 6, 7, 3), dtype=np.uint8)
    data = tiff(colours, imagej=True, truncate=True)
    assert len(headers(io.BytesIO(data), "a")) == 4
    same(read_image(data, 3), colours[3] / 255)


@pytest.mark.parametrize("depth", [8, 16])
def test_a_stack_with_a_colour_map(depth: int) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (3, 6, 7), dtype=np.uint8)
    colours = np.random.default_rng(1).integers(0, 256, (3, 256), dtype=np.uint16)
    colours[:, frames[2, 0, 0]] = 255, 0, 0
    stored = colours if depth == 8 else colours * 257
    data = tiff(frames, photometric="palette", colormap=stored, truncate=True, metadata={})
    assert len(headers(io.BytesIO(data), "a")) == 3
    same(read_image(data, 2), np.moveaxis(colours[:, frames[2]], 0, 2) / 255)


def test_a_stack_that_ends_too_early() -> None:
    frames = np.random.default_rng(0).integers(0, 256, (5, 60, 70), dtype=np.uint8)
    data = tiff(frames, imagej=True, truncate=True)
    sentence = "a.tif is cut short: it holds 4 of 5 images."
    with pytest.raises(ImageError, match=f"^{re.escape(sentence)}$"):
        read_image(data[:-1], name="a.tif")
    (header,) = headers(io.BytesIO(data[: -4 * 60 * 70]), "a.tif")
    assert header.note == "its description says 5 images, but it holds one"


def test_pages_of_several_kinds() -> None:
    data = tiff(LEVELS, DEEP, np.float32(LEVELS / 255), photometric="minisblack")
    same(read_image(data, 0), LEVELS / 255)
    same(read_image(data, 1), DEEP / 65535)
    same(read_image(data, 2), np.float32(LEVELS / 255))


def test_smaller_copies_in_a_tiff_are_told() -> None:
    import tifffile

    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        writer.write(DEEP)
        writer.write(DEEP[:1], subfiletype=1)
    (header,) = headers(io.BytesIO(buffer.getvalue()), "a.tif")
    assert "1 thumbnail or transparency pages are not used" in str(header)


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
def test_every_frame_of_an_animation_is_an_image(format: str) -> None:
    frames = [Pillow.fromarray(np.full((4, 5, 3), value, np.uint8)) for value in (0, 100, 200)]
    options = {"lossless": True} if format == "WEBP" else {}
    data = encoded(frames[0], format, save_all=True, append_images=frames[1:], **options)
    assert len(headers(io.BytesIO(data), "a")) == 3
    for page, value in enumerate((0, 100, 200)):
        same(read_image(data, page), np.full((4, 5), value) / 255)


def test_pictures_inside_a_jpeg_are_told() -> None:
    first, second = (Pillow.fromarray(np.full((16, 16), value, np.uint8)) for value in (50, 200))
    data = encoded(first, "MPO", save_all=True, append_images=[second])
    (header,) = headers(io.BytesIO(data), "a.jpg")
    assert "the first of 2 pictures in the file" in str(header)
    assert np.abs(read_image(data) - 50 / 255).max() < 0.02


# HEIC, JPEG 2000 and DICOM


def test_heic() -> None:
    # Colours are stored as brightness and two differences of colour, so greys alone are exact.
    levels = grey(20, 30)
    image = read_image(heic(np.dstack([levels] * 3)))
    assert np.abs(image - levels / 255).max() < 3 / 255
    flat = np.full((16, 18, 3), (200, 100, 50), dtype=np.uint8)
    image = read_image(heic(flat))
    assert image.shape == (16, 18, 3)
    assert np.abs(image - flat / 255).max() < 3 / 255
    (header,) = headers(io.BytesIO(heic(flat)), "a.heic")
    assert str(header) == "18 x 16, 8-bit RGB HEIC"


def test_heic_of_10_bits_keeps_them() -> None:
    ramp = np.tile(np.arange(64, dtype=np.uint16) * 1024, (16, 1))
    data = heic(np.dstack([ramp] * 3), "RGB;16")
    (header,) = headers(io.BytesIO(data), "a.heic")
    assert str(header) == "64 x 16, 10-bit RGB HEIC"
    image = read_image(data)
    brightness = image if image.ndim == 2 else image.mean(axis=2)
    assert np.abs(brightness - ramp / 65535).max() < 0.01


def test_heic_with_transparency() -> None:
    values = np.zeros((16, 16, 4), dtype=np.uint8)
    values[..., :3] = 200
    values[:8, :, 3] = 255
    image = read_image(heic(values, "RGBA"))
    assert image[2].mean() == pytest.approx(200 / 255, abs=0.02)
    assert image[13].max() == 0


def test_heic_is_turned_once() -> None:
    values = np.zeros((16, 24, 3), dtype=np.uint8)
    values[:, :12] = 200
    exif = Pillow.Exif()
    exif[0x0112] = 6
    data = heic(values, exif=exif.tobytes())
    (header,) = headers(io.BytesIO(data), "a.heic")
    assert (header.width, header.height) == (16, 24)
    image = read_image(data)
    assert image.shape[:2] == (24, 16)
    assert image[:8].mean() > 0.7 > 0.1 > image[16:].mean()


@pytest.mark.parametrize("codec", ["jp2", "j2k"])
def test_jpeg_2000(codec: str) -> None:
    levels, colours = grey(20, 30), np.dstack([grey(20, 30, seed) for seed in range(3)])
    same(read_image(jpeg2000(levels, codecformat=codec)), levels / 255)
    same(read_image(jpeg2000(colours, codecformat=codec)), colours / 255)
    deep = colours.astype(np.uint16) * 257
    same(read_image(jpeg2000(deep, codecformat=codec)), deep / 65535)
    (header,) = headers(io.BytesIO(jpeg2000(deep, codecformat=codec)), "a.jp2")
    assert str(header) == "30 x 20, 16-bit RGB JPEG 2000"


def test_jpeg_2000_of_12_bits_and_signed() -> None:
    values = np.random.default_rng(0).integers(0, 1000, (9, 8), dtype=np.uint16)
    same(read_image(jpeg2000(values, bitspersample=12)), values / 4095)
    signed = values.astype(np.int16) - 500
    signed[0, :2] = -500, 500
    same(read_image(jpeg2000(signed)), (signed + 500) / 1000)


def test_jpeg_2000_in_other_colours() -> None:
    data = jpeg2000(np.zeros((9, 8, 3), np.uint16), codecformat="jp2")
    at = data.index(b"colr\1") + 7
    assert data[at : at + 4] == b"\0\0\0\x10"
    ycc = data[: at + 3] + b"\x12" + data[at + 4 :]
    with pytest.raises(ImageError, match=r"^a has 16-bit colours that are neither grey nor RGB"):
        read_image(ycc, name="a")


def test_dicom() -> None:
    values = np.array([[0, 1, 2048], [4094, 4095, 17]], dtype=np.uint16)
    data = dicom(values[None], BitsStored=12)
    same(read_image(data), values / 4095)
    (header,) = headers(io.BytesIO(data), "a.dcm")
    assert str(header) == "3 x 2, 12-bit grey DICOM"
    same(read_image(dicom(values[None], "MONOCHROME1", BitsStored=12)), (4095.0 - values) / 4095)
    colours = np.random.default_rng(0).integers(0, 256, (2, 4, 5, 3), dtype=np.uint8)
    for page in (0, 1):
        same(read_image(dicom(colours), page), colours[page] / 255)
    signed = np.array([[-100, 0, 300]], dtype=np.int16)
    same(read_image(dicom(signed[None])), [[0, 0.25, 1]])


def test_a_dicom_file_without_an_image_or_of_odd_colours() -> None:
    with pytest.raises(ImageError, match=r"^a is a DICOM file without an image\.$"):
        read_image(bytes(128) + b"DICM", name="a")
    with pytest.raises(
        ImageError, match=r"^a has the colour space PALETTE COLOR; expected grey or"
    ):
        read_image(dicom(grey()[None], "PALETTE COLOR"), name="a")


def test_mixed_sizes_and_colours_in_one_set() -> None:
    data = from_files(
        [("a.png", encoded(LEVELS, "PNG")), ("b.png", encoded(COLOURS, "PNG"))],
        [("c.tif", tiff(DEEP)), ("d.jpg", encoded(grey(9, 8), "JPEG"))],
    )
    shapes = [picture.read().shape for picture in (*data.normal, *data.test)]
    assert shapes == [(2, 3), (2, 2, 3), (2, 3), (9, 8)]


def test_channels_of_another_number_are_refused() -> None:
    values = np.zeros((4, 5, 6), dtype=np.uint16)
    data = tiff(values, photometric="minisblack", planarconfig="contig")
    with pytest.raises(ImageError, match=r"^a\.tif has 6 channels; expected 1 to 4\.$"):
        read_image(data, name="a.tif")


def test_a_header_reads_well() -> None:
    (header,) = headers(io.BytesIO(tiff(DEEP)), "a.tif")
    assert str(header) == "3 x 2, 16-bit grey TIFF"
    (header,) = headers(io.BytesIO(tiff(np.zeros((2, 3), np.float32))), "a.tif")
    assert str(header) == "3 x 2, 32-bit float grey TIFF"
    (header,) = headers(io.BytesIO(encoded(COLOURS, "PNG")), "a.png")
    assert str(header) == "2 x 2, 8-bit RGB PNG"
