"""Files and archives made to deceive, to crash or to fill the memory."""

import io
import re
import stat
import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from images.dataset import DataSet
from images.errors import ImageError, shown
from images.open import from_files, named_files, open_zip
from images.reading import limits
from images.reading.reader import headers, read_image
from images.roles.understanding import understand
from tests.odd_input.encoding import (
    archive,
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

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")

COLOUR = np.random.default_rng(0).integers(0, 65536, (30, 40, 3), dtype=np.uint16)
EXAMPLES: dict[str, bytes] = {
    "png": encoded(grey(30, 40), "PNG"),
    "palette.png": encoded(Pillow.fromarray(grey(30, 40)).quantize(16), "PNG"),
    "deep.png": png(big_endian(COLOUR), 16, 2),
    "jpg": encoded(grey(30, 40), "JPEG"),
    "cmyk.jpg": encoded(Pillow.fromarray(grey(30, 40)).convert("CMYK"), "JPEG"),
    "bmp": encoded(grey(30, 40), "BMP"),
    "gif": encoded(grey(30, 40), "GIF"),
    "webp": encoded(grey(30, 40), "WEBP"),
    "lossless.webp": encoded(grey(30, 40), "WEBP", lossless=True),
    "tif": encoded(grey(30, 40), "TIFF"),
    "lzw.tif": encoded(grey(30, 40), "TIFF", compression="tiff_lzw"),
    "jpeg.tif": encoded(grey(30, 40), "TIFF", compression="jpeg"),
    "deep.tif": tiff(COLOUR, photometric="rgb"),
    "deep-lzw.tif": tiff(COLOUR, photometric="rgb", compression="lzw", predictor=True),
    "deep-zip.tif": tiff(COLOUR, photometric="rgb", compression="zlib", tile=(16, 16)),
    "big.tif": tiff(COLOUR, photometric="rgb", bigtiff=True),
    "float.tif": tiff(grey(30, 40).astype(np.float32), compression="zstd"),
    "packed.tif": tiff(COLOUR[..., 0] // 16, bitspersample=12),
    "pages.tif": tiff(grey(30, 40), grey(30, 40, 1)),
    "stack.tif": tiff(np.stack([COLOUR[..., 0]] * 3), imagej=True, truncate=True),
    "deep-grey.png": png(big_endian(COLOUR[..., 0]), 16, 0, chunk(b"tRNS", b"\0\7")),
    "jp2": jpeg2000(grey(30, 40)),
    "deep.jp2": jpeg2000(COLOUR, codecformat="jp2"),
    "heic": heic(COLOUR.astype(np.uint8)),
    "dcm": dicom(COLOUR[None, ..., 0] // 16, BitsStored=12),
}


def read_every_page(data: bytes) -> None:
    for header in headers(io.BytesIO(data), "a.png"):
        read_image(data, header.index, name="a.png")


def is_a_sentence(error: ImageError, name: str) -> bool:
    """Whether the text is one line that begins with a name and ends with a full stop."""
    return re.fullmatch(rf"{re.escape(name)} [^\n]+\.", str(error)) is not None


def read_or_refuse(data: bytes) -> None:
    try:
        read_every_page(data)
    except ImageError as error:
        assert is_a_sentence(error, "a.png")  # noqa: PT017


@pytest.mark.parametrize("kind", EXAMPLES)
def test_examples_are_good(kind: str) -> None:
    read_image(EXAMPLES[kind])


@pytest.mark.parametrize("kind", sorted(EXAMPLES.keys() - {"stack.tif"}))
def test_files_cut_short_are_refused(kind: str) -> None:
    data = EXAMPLES[kind]
    for length in range(0, int(0.9 * len(data)), max(1, len(data) // 60)):
        with pytest.raises(ImageError, match=r"^a\.png [^\n]*\.$"):
            read_every_page(data[:length])


@pytest.mark.parametrize("kind", EXAMPLES)
@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=6))
@settings(deadline=5000, max_examples=25)
def test_files_with_changed_bytes_never_crash(kind: str, changes: list[tuple[float, int]]) -> None:
    data = bytearray(EXAMPLES[kind])
    for place, value in changes:
        data[int(place**3 * len(data))] = value
    read_or_refuse(bytes(data))


@given(st.binary(max_size=200), st.sampled_from(sorted(EXAMPLES)))
@settings(deadline=5000, max_examples=200)
def test_noise_behind_the_first_bytes_never_crashes(noise: bytes, kind: str) -> None:
    read_or_refuse(EXAMPLES[kind][:16] + noise)


def peak_of(function: Callable[[], object]) -> int:
    """Bytes of memory that a call has taken at most."""
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def lying_png(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(bytes(100)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


def test_a_header_of_too_many_pixels_is_refused_before_memory_is_taken() -> None:
    def read() -> None:
        with pytest.raises(ImageError) as caught:
            read_image(lying_png(20_000, 6_000), name="a.png")
        assert str(caught.value) == (
            "a.png is 20,000 x 6,000 pixels; the limit is 100,000,000 pixels."
        )
        with pytest.raises(ImageError) as caught:
            read_image(lying_png(100_000, 100_000), name="a.png")
        assert str(caught.value) == (
            "a.png has 10,000,000,000 pixels; the limit is 100,000,000 pixels."
        )

    assert peak_of(read) < 2**20


def test_a_tiff_that_claims_more_pixels_than_it_has_takes_no_memory() -> None:
    small = bytearray(tiff(np.zeros((10, 11), np.uint16), rowsperstrip=10))
    for tag, value in ((256, 9_000), (257, 9_000), (278, 9_000)):
        at = (
            small.index(struct.pack("<HH", tag, 4))
            if tag != 278
            else small.index(struct.pack("<H", tag), 8)
        )
        kind = struct.unpack_from("<H", small, at + 2)[0]
        struct.pack_into("<L" if kind == 4 else "<H", small, at + 8, value)

    def read() -> None:
        with pytest.raises(ImageError, match=r"^a\.tif is cut short: pixels are missing"):
            read_image(bytes(small), name="a.tif")

    assert peak_of(read) < 2**21


def test_a_tiff_whose_pixels_unpack_to_more_than_it_says() -> None:
    bomb = zlib.compress(bytes(2**26))
    data = tiff(np.zeros((4, 4), np.uint16), compression="zlib")
    honest = zlib.compress(np.zeros((4, 4), np.uint16).tobytes())
    at = data.rindex(honest[:2])
    count = data.index(struct.pack("<HH", 279, 4)) if struct.pack("<HH", 279, 4) in data else -1
    forged = bytearray(data[:at] + bomb)
    if count > 0:
        struct.pack_into("<L", forged, count + 8, len(bomb))
    assert peak_of(lambda: read_or_refuse(bytes(forged))) < 2**24


def test_pages_without_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PAGES", 3)
    for data in (
        tiff(*[grey()] * 4),
        encoded(
            Pillow.fromarray(grey()),
            "GIF",
            save_all=True,
            append_images=[Pillow.fromarray(grey(seed=seed)) for seed in (1, 2, 3)],
        ),
    ):
        with pytest.raises(ImageError, match=r"^a has more than 3 pages, which is the limit\.$"):
            headers(io.BytesIO(data), "a")


def test_a_tiff_whose_pages_run_in_a_circle_ends() -> None:
    data = bytearray(tiff(grey(), grey(seed=1)))
    first = struct.unpack_from("<L", data, 4)[0]
    entries = struct.unpack_from("<H", data, first)[0]
    second = struct.unpack_from("<L", data, first + 2 + 12 * entries)[0]
    entries = struct.unpack_from("<H", data, second)[0]
    struct.pack_into("<L", data, second + 2 + 12 * entries, first)
    assert len(headers(io.BytesIO(bytes(data)), "a.tif")) == 2


def test_pages_of_too_many_pixels_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FILE_PIXELS", 50)
    with pytest.raises(ImageError) as caught:
        headers(io.BytesIO(tiff(grey(), grey(), grey())), "a.tif")
    assert str(caught.value) == ("a.tif has 3 pages of 60 pixels together; the limit is 50 pixels.")


def test_a_file_of_too_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FILE_BYTES", 50)
    data = from_files(test=[("a.png", EXAMPLES["png"])])
    assert data.findings[0].text.endswith("bytes; the limit is 50 bytes.")


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        b"%PDF-1.7\n",
        b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94",
        b"MZ" + bytes(100),
        b"P5 2 2 255\nabcd",
    ],
)
def test_other_files_are_no_images(data: bytes) -> None:
    with pytest.raises(ImageError, match=r"^a\.png is not a readable image; expected a PNG"):
        read_image(data, name="a.png")


# Archives


def refusals(data: DataSet) -> dict[str, str]:
    return {each.name: each.text for each in data.findings if each.role == "not used"}


def test_names_that_lead_out_of_an_archive_are_not_used(tmp_path: Path) -> None:
    evil = ["../a.png", "a/../../a.png", "/etc/a.png", "C:/a.png", "..\\b.png", "a//b.png"]
    data = open_zip(archive(dict.fromkeys([*evil, "good/a.png"], EXAMPLES["png"])))
    assert [picture.name for picture in data.normal] == ["good/a.png"]
    assert len(data.test) == 0
    found = refusals(data)
    assert len(found) == len(evil)
    assert found["a/../../a.png"] == (
        "a/../../a.png has a path outside the archive; expected a path such as train/good/1.png."
    )
    assert not list(tmp_path.iterdir())


def test_links_in_an_archive_are_not_used() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        link = zipfile.ZipInfo("train/good/link.png")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        opened.writestr(link, "/etc/passwd")
    data = open_zip(buffer.getvalue())
    assert refusals(data) == {
        "train/good/link.png": "train/good/link.png is a link; expected a file."
    }


def test_encrypted_entries_are_not_used() -> None:
    data = bytearray(archive({"a.png": EXAMPLES["png"]}, zipfile.ZIP_STORED))
    directory = data.index(b"PK\x01\x02")
    data[6] |= 1
    data[directory + 8] |= 1
    assert refusals(open_zip(bytes(data))) == {
        "a.png": "a.png is encrypted; expected an archive without a password."
    }


@pytest.mark.parametrize("name", ["inner.zip", "inner.ZIP", "more.tar.gz", "x.7z"])
def test_archives_in_archives_are_not_used(name: str) -> None:
    data = open_zip(archive({name: archive({"a.png": EXAMPLES["png"]})}))
    assert refusals(data) == {name: f"{name} is an archive inside an archive; expected images."}


def test_an_archive_among_uploads_is_no_image() -> None:
    data = from_files(test=[("a.zip", archive({"a.png": EXAMPLES["png"]}))])
    assert "is not a readable image" in data.findings[0].text


def test_a_zip_bomb_is_not_used() -> None:
    zeros = archive({"train/good/bomb.bmp": bytes(2**26 + 1), "train/good/a.png": EXAMPLES["png"]})
    assert len(zeros) < 2**17

    def read() -> None:
        data = open_zip(zeros)
        assert len(data.normal) == 1
        assert re.fullmatch(
            r"train/good/bomb\.bmp unpacks to 1,\d\d\d times its size; the limit is 200 times\.",
            refusals(data)["train/good/bomb.bmp"],
        )

    assert peak_of(read) < 2**22


def test_a_black_mask_packs_well_and_is_no_bomb() -> None:
    black = encoded(np.zeros((3000, 3000), np.uint8), "BMP")
    data = open_zip(archive({"test/a.bmp": black, "masks/a.bmp": black}))
    assert data.test[0].mask().shape == (3000, 3000)  # type: ignore[union-attr]


def test_an_archive_that_unpacks_to_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ARCHIVE_BYTES", 1000)
    with pytest.raises(ImageError, match="unpacks to 2,000 bytes; the limit is 1,000 bytes"):
        open_zip(archive({"a": bytes(1000), "b": bytes(1000)}), "a.zip")


def test_an_entry_that_unpacks_to_more_than_it_says() -> None:
    data = bytearray(archive({"a.png": bytes(10_000_000)}))
    directory = data.index(b"PK\x01\x02")
    for at in (22, directory + 24):
        struct.pack_into("<L", data, at, 100)

    def read() -> None:
        text = refusals(open_zip(bytes(data)))["a.png"]
        assert text.startswith("a.png cannot be unpacked: Bad CRC-32")

    assert peak_of(read) < 2**21


def test_a_wrong_checksum_is_found() -> None:
    data = bytearray(archive({"a.png": EXAMPLES["png"]}, zipfile.ZIP_STORED))
    data[200] ^= 0xFF
    assert "a.png cannot be unpacked: Bad CRC-32" in refusals(open_zip(bytes(data)))["a.png"]


def test_an_archive_of_too_many_entries_is_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        for number in range(limits.ENTRIES + 1):
            opened.writestr(f"{number}.png", b"")
    with pytest.raises(ImageError, match="holds 20,001 files; the limit is 20,000 files"):
        open_zip(buffer.getvalue(), "a.zip")


@pytest.mark.slow
def test_an_archive_of_100000_entries_is_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        for number in range(100_000):
            opened.writestr(f"{number}.png", b"")
    with pytest.raises(ImageError, match=r"^a\.zip [^\n]*; the limit is [^\n]*\.$"):
        open_zip(buffer.getvalue(), "a.zip")


def test_a_directory_that_lies_about_its_size_is_refused() -> None:
    data = bytearray(archive({"a.png": EXAMPLES["png"]}))
    end = data.rindex(b"PK\x05\x06")
    struct.pack_into("<L", data, end + 12, 2**31)
    with pytest.raises(ImageError, match=r"^a\.zip has a directory of 2,147,483,648 bytes; the"):
        open_zip(bytes(data), "a.zip")


def with_zip64_end(entries: int, directory: int) -> bytes:
    """An archive of one image with the records of a large one, which give these numbers."""
    data = archive({"train/good/a.png": EXAMPLES["png"]})
    end = data.rindex(b"PK\x05\x06")
    size, place = struct.unpack_from("<LL", data, end + 12)
    counts = struct.pack("<QQQQ", entries, entries, directory or size, place)
    record = b"PK\x06\x06" + struct.pack("<QHHLL", 44, 45, 45, 0, 0) + counts
    locator = b"PK\x06\x07" + struct.pack("<LQL", 0, end, 1)
    return data[:end] + record + locator + data[end:]


def test_the_records_of_a_large_archive_are_read() -> None:
    assert len(open_zip(with_zip64_end(1, 0)).normal) == 1
    with pytest.raises(ImageError, match=r"^a\.zip holds 5,000,000,000 files; the limit"):
        open_zip(with_zip64_end(5 * 10**9, 0), "a.zip")
    with pytest.raises(ImageError, match=r"^a\.zip has a directory of 1,099,511,627,776 bytes;"):
        open_zip(with_zip64_end(1, 2**40), "a.zip")


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"PK\x05\x06", b"hello", bytes(100_000)])
def test_what_is_no_archive(data: bytes) -> None:
    with pytest.raises(ImageError, match=r"^a\.zip is not a ZIP archive"):
        open_zip(data, "a.zip")


@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=8))
@settings(deadline=5000, max_examples=100)
def test_archives_with_changed_bytes_never_crash(changes: list[tuple[float, int]]) -> None:
    data = bytearray(archive({"train/good/a.png": EXAMPLES["png"], "test/b.png": EXAMPLES["png"]}))
    for place, value in changes:
        data[-1 - int(place**2 * len(data))] = value
    try:
        found = open_zip(bytes(data), "a.zip")
    except ImageError as error:
        assert is_a_sentence(error, "a.zip")  # noqa: PT017
        return
    for picture in (*found.normal, *found.test):
        try:
            picture.read()
        except ImageError as error:
            assert is_a_sentence(error, shown(picture.name))  # noqa: PT017


@given(st.dictionaries(st.text(min_size=1, max_size=30), st.sampled_from(["png", "tif", "jpg"])))
@settings(deadline=5000, max_examples=100)
def test_any_names_are_understood(names: dict[str, str]) -> None:
    files = named_files(pile=[(name, EXAMPLES[kind]) for name, kind in names.items()])
    files.check()
    data = understand(files)
    assert len(data.findings) == len(names)
    assert data.findings == understand(files).findings
    for finding in data.findings:
        assert finding.text.isprintable()
        finding.text.encode("utf-8")
