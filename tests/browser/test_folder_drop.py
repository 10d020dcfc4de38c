"""A folder is dropped on the page, as from a file manager, and keeps its subfolders."""

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import FloatRect, Locator, Page, expect

from tests.browser.person import at_rest, open_dashboard
from tests.odd_input.encoding import encoded, grey

LOOKS, BETWEEN_MILLISECONDS = 100, 200


def drop(page: Page, place: Path, target: Locator) -> None:
    """Drag a folder or file over an element and let go, once the page has come to rest."""
    page.wait_for_function("window.takesDroppedFolders")
    box = still(page, target)
    browser = page.context.new_cdp_session(page)
    dragged = {"items": [], "files": [str(place)], "dragOperationsMask": 1}
    at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    for kind in ("dragEnter", "dragOver", "drop"):
        browser.send("Input.dispatchDragEvent", {"type": kind, **at, "data": dragged})


def still(page: Page, target: Locator) -> FloatRect:
    """Where an element is, once two looks at a page at rest find it in the same place."""
    before = None
    for _ in range(LOOKS):
        at_rest(page)
        target.scroll_into_view_if_needed()
        box = target.bounding_box()
        if box is not None and box == before:
            return box
        before = box
        page.wait_for_timeout(BETWEEN_MILLISECONDS)
    raise AssertionError("The element does not come to rest.")


UNDERSTOOD = "Read as MVTec AD: 2 normal images for training, 2 test images"


@pytest.fixture
def lot(tmp_path: Path) -> Path:
    """A folder with two normal and two test images, of which three are called alike."""
    for seed, name in enumerate(
        ("train/good/0.png", "train/good/1.png", "test/good/0.png", "test/hole/0.png")
    ):
        file = tmp_path / "lot" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(encoded(grey(40, 60, seed), "PNG"))
    return tmp_path / "lot"


def test_the_layout_of_a_dropped_folder_is_recognised(page: Page, address: str, lot: Path) -> None:
    drop(page, lot, zone_of_folders(page, address))
    expect(page.get_by_text(UNDERSTOOD)).to_be_visible()


def zone_of_folders(page: Page, address: str) -> Locator:
    """Where a folder is dropped, on a page that has just been opened."""
    page.goto(address)
    page.get_by_text("Your images").click()
    page.get_by_text("A whole folder or a ZIP archive instead").click()
    uploader = page.get_by_test_id("stFileUploader").filter(has_text="Folder").first
    zone = uploader.get_by_test_id("stFileUploaderDropzone")
    expect(zone).to_be_visible()
    return zone


SWALLOW = """document.addEventListener(
    "change", (event) => event.stopImmediatePropagation(), { capture: true, once: true }
)"""
"""Keeps the files that are given next from whoever is given them."""


def test_what_a_replaced_uploader_was_given_goes_to_the_new_one(
    page: Page, address: str, lot: Path
) -> None:
    """Changing to the sample and back removes the uploader that was given the files."""
    zone = zone_of_folders(page, address)
    at_rest(page)
    page.evaluate(SWALLOW)
    drop(page, lot, zone)
    page.get_by_text("Sample data").click()
    expect(page.get_by_text(UNDERSTOOD)).to_be_visible()


def test_an_empty_folder_is_told(page: Page, address: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    drop(page, tmp_path / "empty", zone_of_folders(page, address))
    expect(page.get_by_text("The folder that was dropped contains no files.")).to_be_visible()


def test_a_folder_on_the_uploader_of_normal_images_gives_all_its_files(
    page: Page, address: str, lot: Path
) -> None:
    zone_of_folders(page, address)
    normal = page.get_by_test_id("stFileUploader").filter(has_text="Normal images")
    drop(page, lot / "train" / "good", normal.get_by_test_id("stFileUploaderDropzone"))
    expect(page.get_by_text("Uploaded: 2 files as normal.")).to_be_visible()
    expect(page.get_by_role("heading", name="2 normal images")).to_be_visible()


def test_a_folder_on_the_uploader_of_archives_is_refused_in_words(
    page: Page, address: str, lot: Path
) -> None:
    zone_of_folders(page, address)
    archives = page.get_by_test_id("stFileUploader").filter(has_text="ZIP archive")
    drop(page, lot, archives.get_by_test_id("stFileUploaderDropzone"))
    expect(archives.get_by_text("files are not allowed").first).to_be_visible()


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "archive"])
def test_a_folder_is_dropped_anywhere_on_the_page(
    page: Page, address: str, lot: Path, packed: bool
) -> None:
    """The page shows a sample when it is dropped, and no uploader."""
    open_dashboard(page, address)
    place = Path(shutil.make_archive(str(lot), "zip", lot)) if packed else lot
    drop(page, place, page.get_by_role("heading", level=1))
    expect(page.get_by_text(UNDERSTOOD)).to_be_visible()
    expect(page.locator(".thumbnails img")).to_have_count(4)
