"""What a person does in the browser, step by step."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from playwright.sync_api import Locator, Page, TimeoutError, expect

RUN_MILLISECONDS = 600_000
ATTEMPTS = 3


def open_dashboard(page: Page, address: str) -> None:
    """Open the first page and wait until the sample is seen."""
    page.goto(address)
    expect(page.get_by_role("heading", name="normal images for training")).to_be_visible()
    expect(sidebar(page).get_by_role("button", name="Run comparison")).to_be_enabled()


def sidebar(page: Page) -> Locator:
    """The panel on the left."""
    return page.get_by_test_id("stSidebar")


def go_to(page: Page, name: str) -> None:
    """Change the page."""
    sidebar(page).get_by_role("link", name=name).click()


def choose_methods(page: Page, names: Sequence[str]) -> None:
    """Remove all methods from the comparison and add these by their titles."""
    go_to(page, "Methods")
    expect(page.get_by_role("heading", name="All methods")).to_be_visible()
    remove = page.get_by_role("button", name="Remove")
    for left in range(remove.count(), 0, -1):
        expect(remove).to_have_count(left)
        remove.first.click()
    expect(remove).to_have_count(0)
    for at, name in enumerate(names, start=1):
        page.locator(f'[data-add="{name}"]').click()
        expect(remove).to_have_count(at)


def run(page: Page) -> None:
    """Press Run and wait for the end of the comparison."""
    sidebar(page).get_by_role("button", name="Run").click()
    expect(sidebar(page).get_by_text("Finished in")).to_be_visible(timeout=RUN_MILLISECONDS)


def at_rest(page: Page) -> None:
    """Wait until the server has drawn the whole page."""
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_visible()


def drawn_pictures(page: Page) -> Locator:
    """The pictures of the grid that have been drawn."""
    return page.locator("canvas[data-drawn]")


def upload(page: Page, label: str, files: Sequence[Path]) -> None:
    """Hand files in through an uploader."""
    box = page.get_by_test_id("stFileUploader").filter(has_text=label)
    box.locator("input[type=file]").set_input_files(files)


def set_parameter(page: Page, label: str, title: str, value: str) -> None:
    """On the page of the methods, set a number in the form of a chosen one, found by its label."""
    card = page.locator("[class*='st-key-method-'][class*='-card']").filter(
        has=page.locator("strong").get_by_text(label, exact=True)
    )
    field = card.get_by_role("spinbutton", name=title)
    told = card.locator(".method .more").filter(has_text=f"{title} {value}")
    for _ in range(ATTEMPTS):
        # A page that is being drawn anew may drop what is pressed or typed; a person would do it
        # again.
        if not field.is_visible():
            card.get_by_text("Settings", exact=True).click()
        with suppress(TimeoutError):
            field.fill(value, timeout=10_000)
            field.press("Enter")
            told.wait_for(timeout=10_000)
            return
    expect(told).to_be_visible()
