"""A folder is dropped on the page, as from a file manager, and keeps its subfolders."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.odd_input.encoding import encoded, grey


def drop(page: Page, place: Path) -> None:
    """Drag a folder over the uploader of folders and let go."""
    uploader = page.get_by_test_id("stFileUploader").filter(has_text="Folder").first
    zone = uploader.get_by_test_id("stFileUploaderDropzone")
    zone.scroll_into_view_if_needed()
    box = zone.bounding_box()
    assert box is not None
    browser = page.context.new_cdp_session(page)
    dragged = {"items": [], "files": [str(place)], "dragOperationsMask": 1}
    at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    for kind in ("dragEnter", "dragOver", "drop"):
        browser.send("Input.dispatchDragEvent", {"type": kind, **at, "data": dragged})


def test_the_layout_of_a_dropped_folder_is_recognised(
    page: Page, address: str, tmp_path: Path
) -> None:
    """Two normal and two test images, of which three are called alike."""
    for seed, name in enumerate(
        ("train/good/0.png", "train/good/1.png", "test/good/0.png", "test/hole/0.png")
    ):
        file = tmp_path / "lot" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(encoded(grey(40, 60, seed), "PNG"))
    page.goto(address)
    page.get_by_text("Your images").click()
    page.get_by_text("A whole folder or a ZIP archive instead").click()
    expect(page.get_by_test_id("stFileUploaderDropzone").nth(4)).to_be_visible()
    page.wait_for_function("window.keepsDroppedFolders")
    drop(page, tmp_path / "lot")
    expect(
        page.get_by_text("Read as MVTec AD: 2 normal images for training, 2 test images")
    ).to_be_visible()
