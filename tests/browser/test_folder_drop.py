"""A folder is dropped on the page, as from a file manager, and keeps its subfolders."""

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.person import at_rest, open_dashboard
from tests.odd_input.encoding import encoded, grey


def drop(page: Page, place: Path, target: Locator) -> None:
    """Drag a folder or file over an element and let go, once the page has come to rest."""
    page.wait_for_function("window.keepsDroppedFolders")
    at_rest(page)
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    assert box is not None
    browser = page.context.new_cdp_session(page)
    dragged = {"items": [], "files": [str(place)], "dragOperationsMask": 1}
    at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    for kind in ("dragEnter", "dragOver", "drop"):
        browser.send("Input.dispatchDragEvent", {"type": kind, **at, "data": dragged})


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
    page.goto(address)
    page.get_by_text("Your images").click()
    page.get_by_text("A whole folder or a ZIP archive instead").click()
    uploader = page.get_by_test_id("stFileUploader").filter(has_text="Folder").first
    zone = uploader.get_by_test_id("stFileUploaderDropzone")
    expect(zone).to_be_visible()
    drop(page, lot, zone)
    expect(page.get_by_text(UNDERSTOOD)).to_be_visible()


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
