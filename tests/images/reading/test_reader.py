"""The ways to give a file to the reader, and real files. Odd files are in `tests.odd_input`."""

import contextlib
import io
import logging
import os
import struct
import subprocess
import sys
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

from images.errors import ImageError, shown
from images.open import open_path
from images.reading import limits
from images.reading.reader import headers, read_image
from images.roles.understanding import problem
from tests.odd_input.encoding import encoded, grey, tiff


def test_a_path_and_bytes_give_the_same_image(tmp_path: Path) -> None:
    data = encoded(grey(), "PNG")
    (tmp_path / "a.png").write_bytes(data)
    expected = (grey() / 255).astype(np.float32)
    for image in (
        read_image(data),
        read_image(tmp_path / "a.png"),
        read_image(str(tmp_path / "a.png")),
    ):
        assert (image == expected).all()
        assert image.flags.c_contiguous
        assert image.flags.writeable


def test_errors_name_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"hello")
    with pytest.raises(ImageError, match=r"^a\.png is not a readable image; expected a PNG"):
        read_image(tmp_path / "a.png")
    with pytest.raises(ImageError, match=r"^the image is empty; expected a PNG"):
        read_image(b"")
    with pytest.raises(ImageError, match=r"^b\.png is empty"):
        read_image(b"", name="b.png")


def test_reading_changes_nothing_for_others(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(tiff(np.zeros((4, 5), np.uint16)))
    code = f"""
import logging
from PIL import Image, PngImagePlugin
before = Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK
Image.init()
openers = set(Image.OPEN)
from images.reading import dicom, heif, jpeg2000, reader, tiff
reader.read_image({str(tmp_path / "a.tif")!r})
assert before == (Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK)
assert set(Image.OPEN) == openers
log = logging.getLogger("tifffile")
assert (log.level, log.filters, log.disabled, log.propagate) == (logging.NOTSET, [], False, True)
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])


def test_the_limit_of_pixels_is_ours_whatever_pillow_s_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pillow, "MAX_IMAGE_PIXELS", None)
    monkeypatch.setattr(limits, "PIXELS", 10)
    with pytest.raises(ImageError, match=r"^a is 5 x 4 pixels; the limit is 10 pixels\.$"):
        read_image(encoded(grey(), "PNG"), name="a")


def test_a_damaged_tiff_logs_nothing_and_others_still_do(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("tifffile")
    damaged = bytearray(tiff(np.zeros((4, 5), np.uint16)))
    at = damaged.index(struct.pack("<HH", 258, 3))
    struct.pack_into("<H", damaged, at + 2, 77)  # a tag of no known type
    with contextlib.suppress(tifffile.TiffFileError), tifffile.TiffFile(io.BytesIO(damaged)):
        pass
    assert caplog.records, "tifffile itself has something to say"
    caplog.clear()
    with contextlib.suppress(ImageError):
        headers(io.BytesIO(damaged), "a.tif")
    assert not caplog.records

    class Slow(io.BytesIO):
        def read(self, *size: int | None) -> bytes:
            other = Thread(target=lambda: log.warning("from another thread"))
            other.start()
            other.join()
            return super().read(*size)

    headers(Slow(tiff(np.zeros((4, 5), np.uint16))), "a.tif")
    assert "from another thread" in caplog.text


def test_a_page_that_is_not_there() -> None:
    with pytest.raises(IndexError):
        read_image(encoded(grey(), "PNG"), 1)


def test_headers_decode_no_pixel() -> None:
    whole = encoded(grey(500, 600), "PNG")
    (header,) = headers(io.BytesIO(whole[:2000]), "a.png")
    assert (header.width, header.height) == (600, 500)


def test_a_name_in_a_sentence_is_short_and_printable() -> None:
    assert shown("a\tb\u202e\ud800.png") == "a\ufffdb\ufffd\ufffd.png"
    assert shown("x" * 300) == "x" * 120 + " ... " + "x" * 60


@pytest.mark.real_data
@pytest.mark.skipif("ANOMALY_DATA" not in os.environ, reason="ANOMALY_DATA is not set")
@pytest.mark.parametrize(
    ("name", "normal", "test", "masks"), [("nanotwice", 5, 25, 25), ("grid", 60, 43, 30)]
)
def test_real_sets(name: str, normal: int, test: int, masks: int) -> None:
    data = open_path(Path(os.environ["ANOMALY_DATA"]) / name)
    assert (len(data.normal), len(data.test)) == (normal, test)
    assert sum(picture.read_mask is not None for picture in data.test) == masks
    assert problem(data) is None
    assert not [finding for finding in data.findings if finding.role == "not used"]
    for picture in (data.normal[0], data.test[0]):
        image = picture.read()
        assert 0.1 < image.mean() < 0.9
    mask = data.test[0].mask()
    assert mask is not None
    assert 0 < mask.mean() < 0.3
