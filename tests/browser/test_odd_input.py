"""Odd and hostile files, handed in through a real browser: what the pages show of them."""

import base64
import csv
import io
import re
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow
from playwright.sync_api import Browser, Page, expect

from evaluation.comparison.comparison import FORMAT, Variant
from evaluation.comparison.runner import run
from images.reading import limits
from images.reading.reader import EXPECTED
from images.words import unbroken
from tests.browser.person import choose_methods, go_to, upload
from tests.browser.person import run as press_run
from tests.browser.server import serving
from tests.dashboard.small import QUICK, small_set
from tests.odd_input.encoding import archive, big_endian, encoded, grey, png, tiff
from tests.odd_input.test_hostile import lying_png

BANDS = np.repeat([0, 1, 2], 20)[None, :].repeat(40, axis=0)
"""Three bands (40, 60): black, half and white."""
GREY = (BANDS * 127.5).astype(np.uint8)
STORED = np.rot90(GREY)
"""What an orientation of 6 (turn right) shows as `GREY`."""
KEPT = "attacked-comparison"


def turned() -> bytes:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    return encoded(np.ascontiguousarray(STORED), "JPEG", quality=95, exif=exif)


def shown_alike() -> dict[str, bytes]:
    """Files of many kinds that all mean the three bands."""
    picture = Pillow.fromarray(GREY)
    alpha = picture.convert("RGBA")
    frames = [Pillow.fromarray(grey(40, 60)), picture]
    return {
        "full-range.png": png(big_endian(BANDS * 32767.5), 16, 0),
        "floats-to-1.tif": tiff((BANDS / 2).astype(np.float32)),
        "floats-to-30.tif": tiff(BANDS * 20.0 - 10),
        "signed.tif": tiff((BANDS * 1000 - 1000).astype(np.int16)),
        "12-bits-of-32.tif": tiff((BANDS * 2047.5).astype(np.uint32)),
        "palette.png": encoded(picture.quantize(8), "PNG"),
        "alpha.png": encoded(alpha, "PNG"),
        "print.jpg": encoded(picture.convert("RGB").convert("CMYK"), "JPEG", quality=95),
        "turned.jpg": turned(),
        "bitmap.bmp": encoded(picture, "BMP"),
        "web.webp": encoded(picture, "WEBP", lossless=True),
        "really-a-png.jpg": encoded(picture, "PNG"),
        "pages.tif": tiff(GREY, GREY),
        "moves.gif": encoded(frames[1], "GIF", save_all=True, append_images=[frames[0]]),
    }


SCALED = ("floats-to-30.tif", "signed.tif")
"""Files whose values alone say what is black and white; a quarter of them is left at each end."""
WITH_ROOM = [255 / 6, 127.5, 255 * 5 / 6]

WRONG = {
    "bomb.png": (lying_png(20_000, 6_000), "is 20,000 x 6,000 pixels; the limit is 100,000,000"),
    "cut.png": (encoded(grey(40, 60), "PNG")[:1000], "is damaged or cut short: "),
    "empty.png": (b"", f"is empty; expected {EXPECTED}."),
    "nan.tif": (tiff(np.full((40, 60), np.nan, np.float32)), "contains NaN, infinity or a number"),
    "page.png": (b"<html><script>window.ran = 1</script>", "is not a readable image"),
}
"""Files that cannot be used, and what is said of each."""
EVIL = (
    "<img src=x onerror=window.ran=1>",
    "<script>window.ran=1;alert(1)<!--",
    "a' onmouseover='window.ran=1' b=' onerror='window.ran=1",
    "**bold** [link](javascript:window.ran=1) :red[x] $x$ &lt;b&gt;",
    "=HYPERLINK(1)",
)
KIND = "<b onclick=window.ran=1>kind"


def written(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the server works."""
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="module")
def address(browser: Browser, place: Path) -> Iterator[str]:
    """Where a dashboard answers that works in a folder of its own."""
    with serving(place, {}) as server:
        yield server.address


@pytest.fixture
def page(page: Page) -> Iterator[Page]:
    """A page on which nothing may run that a file brought, and no traceback stand."""
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    yield page
    assert page.evaluate("window.ran") is None
    assert not dialogs
    assert "Traceback" not in page.content()
    expect(page.get_by_test_id("stException")).to_have_count(0)


def hand_in(page: Page, address: str, label: str, path: Path) -> None:
    page.goto(address)
    page.get_by_text("Your images").click()
    page.get_by_text("A whole folder or a ZIP archive instead").click()
    upload(page, label, [path])


def thumbnails(page: Page) -> dict[str, np.ndarray]:
    """The pictures that are shown, grey in 0 to 255, by what they show in words."""
    found = page.locator(".thumbnails img").evaluate_all("all => all.map(i => [i.alt, i.src])")
    return {
        words: np.asarray(
            Pillow.open(io.BytesIO(base64.b64decode(source.split(",", 1)[1]))).convert("L")
        ).astype(float)
        for words, source in found
    }


def levels(picture: np.ndarray) -> list[float]:
    """The brightness in the middle of the three bands."""
    height, width = picture.shape
    return [
        float(picture[height // 4 : -height // 4, int(width * at) - 3 : int(width * at) + 3].mean())
        for at in (1 / 6, 1 / 2, 5 / 6)
    ]


def warnings(page: Page) -> str:
    """Everything that the page warns of."""
    return "\n".join(page.get_by_test_id("stAlert").all_inner_texts())


def test_pictures_of_every_kind_are_shown_as_they_are_meant(
    page: Page, address: str, tmp_path: Path
) -> None:
    kinds = shown_alike()
    twin = encoded(grey(40, 60), "PNG")
    white, black = (encoded(np.full((40, 60), value, np.uint8), "PNG") for value in (255, 0))
    files = {
        "train/good/twin.png": twin,
        "train/good/other.png": encoded(grey(40, 60, 1), "PNG"),
        "test/odd/same.png": twin,
        "ground_truth/odd/full-range_mask.png": white,
        "ground_truth/odd/palette_mask.png": black,
        "ground_truth/odd/alpha_mask.png": white,
        "ground_truth/odd/alpha_gt.png": black,
    }
    files |= {f"test/odd/{name}": data for name, data in kinds.items()}
    files |= {f"test/odd/{name}": data for name, (data, _) in WRONG.items()}
    hand_in(page, address, "Folder", written(tmp_path / "odd", files))
    expect(page.get_by_role("heading", name="2 normal images")).to_be_visible()
    several = len(kinds) + 3  # the twin, a second page and a second frame
    expect(page.get_by_role("heading", name=f"{several} test images")).to_be_visible()
    expect(page.locator(".thumbnails img")).to_have_count(2 + several)

    found = thumbnails(page)
    for name in kinds:
        shown = name + ("#1" if name in ("pages.tif", "moves.gif") else "")
        got = levels(found[f"test/odd/{shown}, odd"])
        assert got == pytest.approx(WITH_ROOM if name in SCALED else [0, 127.5, 255], abs=8), name

    said = warnings(page)
    assert f"{len(WRONG) + 1} files not used:" in said
    for name in sorted(WRONG)[:4]:
        assert f"test/odd/{name} {WRONG[name][1]}" in said
    assert "alpha_mask.png is a second mask of test/odd/alpha.png, which has" in said
    for doubt in (
        "full-range_mask.png marks 100 % of the image as defective: it may be inverted.",
        "palette_mask.png has no defective pixels, but its image has the kind odd.",
        "test/odd/same.png is also used for training, as train/good/twin.png, so its score is "
        "meaningless.",
    ):
        assert unbroken(doubt) in said

    page.get_by_text(re.compile(r"How each of the \d+ files is used")).click()
    cells = page.get_by_test_id("stDataFrame").locator("canvas td")
    first = "Mask of test/odd/alpha.png: 60 x 40, 8-bit grey PNG."
    expect(cells.filter(has_text=first)).to_be_attached()
    depths = "Test image of kind odd: 60 x 40, 32-bit grey TIFF; black is 0, white 4095, from the"
    expect(cells.filter(has_text=depths)).to_be_attached()


def test_html_in_names_is_text_on_the_pages_and_in_the_report(
    page: Page, address: str, tmp_path: Path
) -> None:
    files = {
        f"train/good/{number}.png": encoded(grey(40, 60, number), "PNG") for number in range(4)
    }
    image = encoded(GREY, "PNG")
    files |= {f"test/{KIND}/{name}.png": image for name in EVIL}
    files |= {f"test/{KIND}/{EVIL[0]}-cut.png": image[:-50]}
    hand_in(page, address, "Folder", written(tmp_path / EVIL[1], files))
    expect(page.get_by_role("heading", name=f"{len(EVIL)} test images")).to_be_visible()
    for name in EVIL:
        expect(page.locator("figcaption").filter(has_text=f"{name}.png")).to_be_visible()
    choose_methods(page, ["pca-residual"])
    press_run(page)
    for name in EVIL:
        expect(page.get_by_text(f"{name}.png").first).to_be_visible()
    go_to(page, "Share")
    with page.expect_download() as download:
        page.get_by_role("button", name="Scores (CSV)").click()
    with Path(download.value.path()).open(encoding="utf-8") as lines:
        cells = [cell for row in csv.reader(lines) for cell in row]
    assert cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]
    with page.expect_download() as download:
        page.get_by_role("button", name="Report (HTML)").click()
    report = tmp_path / "report.html"
    download.value.save_as(report)
    assert page.evaluate("window.ran") is None
    page.goto(report.as_uri())
    for name in EVIL:
        expect(page.get_by_text(f"{name}.png").first).to_be_visible()


def test_hostile_archives_are_refused_in_a_sentence(
    page: Page, address: str, tmp_path: Path
) -> None:
    image = encoded(GREY, "PNG")
    many = tmp_path / "many.zip"
    many.write_bytes(archive(dict.fromkeys(map(str, range(limits.ENTRIES + 1)), b"")))
    hand_in(page, address, "ZIP archive", many)
    refusal = "many.zip holds 20,001 files; the limit is 20,000 files."
    expect(page.get_by_text(refusal)).to_be_visible()
    evil = tmp_path / "evil.zip"
    names = ["../a.png", "/etc/a.png", "inner.zip", "train/good/a.png", "test/x/b.png"]
    evil.write_bytes(archive(dict.fromkeys(names, image)))
    hand_in(page, address, "ZIP archive", evil)
    expect(page.get_by_text("3 files not used:")).to_be_visible()
    said = warnings(page)
    assert "../a.png has a path outside the archive" in said
    assert "inner.zip is an archive inside an archive; expected images." in said
    expect(page.get_by_role("heading", name="1 normal image")).to_be_visible()


@pytest.mark.slow
def test_2000_images_are_taken_while_the_page_answers(
    page: Page, address: str, tmp_path: Path
) -> None:
    files = {
        f"train/good/{number}.png": encoded(grey(8, 8, number), "PNG") for number in range(1000)
    }
    files |= {
        f"test/good/{number}.png": encoded(grey(8, 8, 1000 + number), "PNG")
        for number in range(1000)
    }
    packed = tmp_path / "many.zip"
    packed.write_bytes(archive(files))
    begin = time.monotonic()
    hand_in(page, address, "ZIP archive", packed)
    expect(page.get_by_role("heading", name="1,000 normal images")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("heading", name="1,000 test images")).to_be_visible()
    assert time.monotonic() - begin < 60
    expect(page.locator(".thumbnails img")).to_have_count(48)
    begin = time.monotonic()
    go_to(page, "Methods")
    expect(page.get_by_role("heading", name="All methods")).to_be_visible()
    go_to(page, "Images")
    expect(page.get_by_role("heading", name="1,000 test images")).to_be_visible()
    assert time.monotonic() - begin < 4


def test_an_attacked_comparison_is_refused_in_a_sentence(
    page: Page, address: str, place: Path
) -> None:
    folder = place / "results" / KEPT
    run(small_set(), [Variant("pca-residual", QUICK, label="one")], folder)
    description = folder / "comparison.json"
    whole = description.read_bytes()
    for attack, sentence in (
        (b"\x80\x04\x95pickle", "comparison.json is damaged at the whole"),
        (whole.replace(FORMAT.encode(), b"another"), f"holds 'another'; expected '{FORMAT}'"),
        (whole.replace(b'"seed": 0', b'"seed": "0; import os"'), "comparison.json is damaged at"),
    ):
        description.write_bytes(attack)
        page.goto(f"{address}/compare?comparison={KEPT}")
        expect(page.get_by_text(sentence)).to_be_visible()
    description.write_bytes(whole)
    claims = np.zeros((64, 64), np.float32)
    tifffile.imwrite(folder / "methods/one/test/00000.tiff", claims)
    data = bytearray((folder / "methods/one/test/00000.tiff").read_bytes())
    for tag in (256, 257):
        at = data.index(struct.pack("<HH", tag, 4))
        struct.pack_into("<L", data, at + 8, 1_000_000)
    (folder / "methods/one/test/00000.tiff").write_bytes(bytes(data))
    page.goto(f"{address}/compare?comparison={KEPT}")
    expect(page.get_by_text("does not contain the array that its header describes")).to_be_visible()
    page.goto(f"{address}/compare?comparison=../../etc/passwd")
    expect(page.get_by_text("The link does not name a comparison.")).to_be_visible()
