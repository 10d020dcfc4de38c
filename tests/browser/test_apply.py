"""New images judged by an exported method on the page Apply, and a decision corrected."""

import csv
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.person import go_to, open_dashboard, upload
from tests.evaluation.bundle.small import bundle_file, write_images


def test_a_bundle_judges_new_images_and_is_corrected(
    page: Page, address: str, tmp_path: Path
) -> None:
    """The second of two images has a square; the person says that it is normal."""
    write_images(tmp_path, 2, defective=(1,))
    open_dashboard(page, address)
    go_to(page, "Apply")
    upload(page, "Exported method (optional)", [bundle_file()])
    expect(page.get_by_text("An image is called defective at a score of")).to_be_visible()
    upload(page, "New images", [tmp_path / "000.png", tmp_path / "001.png"])
    expect(page.get_by_text("2 images, 1 of them called defective.")).to_be_visible()
    expect(page.get_by_text("You have not said of any of these images what it is.")).to_be_visible()
    said = page.get_by_role("radiogroup", name=re.compile(r"^What 001.*png is$"))
    said.get_by_text("This is normal").click()
    expect(page.get_by_text("1 (false alarm)")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_text("Decisions and corrections (CSV)").click()
    with Path(download.value.path()).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["image"], row["decision"], row["your_verdict"]) for row in rows] == [
        ("000.png", "normal", ""),
        ("001.png", "defective", "normal"),
    ]
