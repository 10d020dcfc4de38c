"""Every page can be read and used by everybody: axe-core finds nothing serious, and phones fit."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENCE_MILLISECONDS
from tests.browser.person import at_rest, drawn_pictures

PAGES = (
    *("images", "methods", "tune", "compare", "inspect", "present", "share", "apply"),
    "leaderboard",
)
SEEN = {
    "images": "normal images for training",
    "methods": "All methods",
    "compare": "Compare",
    "inspect": "Inspect",
    "present": "Present",
    "share": "Files",
    "tune": "Tune",
    "apply": "Apply",
    "leaderboard": "Leaderboard",
}
"""A heading of each page."""
FADED_IN = """document.getAnimations().every(
    one => one.playState != "running" || one.effect.getTiming().iterations == Infinity
)"""
"""New parts of a page fade in, and have less contrast until then."""
FADE_BEGINS = 500
"""Milliseconds after the script has ended by which the browser has begun to do so."""
ADDRESSES = {"images": ""}
"""Where the first page is; the others are at their names."""


def opened(
    browser: Browser, address: str, comparison: str, name: str, *, theme: str, width: int
) -> Page:
    """A page at rest."""
    context = browser.new_context(
        viewport={"width": width, "height": 844},
        color_scheme="dark" if theme == "dark" else "light",
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MILLISECONDS)
    page.goto(f"{address}/{ADDRESSES.get(name, name)}{comparison}")
    expect(page.get_by_role("heading", name=SEEN[name]).first).to_be_visible()
    if name in ("compare", "inspect"):
        expect(drawn_pictures(page).first).to_be_visible()
    at_rest(page)
    page.wait_for_timeout(FADE_BEGINS)
    page.wait_for_function(FADED_IN)
    return page


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_serious(
    browser: Browser, address: str, comparison: str, name: str, theme: str
) -> None:
    page = opened(browser, address, comparison, name, theme=theme, width=1440)
    found = [
        f"{one['id']}: {node['html'][:200]} {node['failureSummary'][:200]}"
        for one in Axe().run(page).response["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
    page.context.close()
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", PAGES)
def test_nothing_scrolls_sideways_on_a_phone(
    browser: Browser, address: str, comparison: str, name: str
) -> None:
    page = opened(browser, address, comparison, name, theme="light", width=390)
    widths = page.evaluate(
        "[document.documentElement.scrollWidth,"
        " document.querySelector('[data-testid=stMain]').scrollWidth]"
    )
    page.context.close()
    assert max(widths) <= 390
