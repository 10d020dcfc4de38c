"""A run goes on when its page is loaded again or closed, and its address finds it."""

import re
import time
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser.conftest import PATIENCE_MILLISECONDS
from tests.browser.crowd import Person
from tests.browser.person import RUN_MILLISECONDS, sidebar
from tests.browser.server import serving

AWAY_SECONDS = 2
"""For half of which the server waits for a browser; then its session is closed."""


def test_a_run_is_found_again_after_a_reload_and_after_the_browser_was_closed(
    browser: Browser, tmp_path: Path
) -> None:
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    away = ("--server.disconnectedSessionTTL", str(AWAY_SECONDS))
    with serving(tmp_path, {}, *away) as server:
        person = Person(browser, 0, tmp_path / "images", 64)
        person.arrive(server.address, ["autoencoder"])
        expect(sidebar(person.page).get_by_text("this machine")).to_be_visible()
        person.start()
        running = re.compile("training on normal images.* left")
        expect(sidebar(person.page).get_by_text(running)).to_be_visible()
        expect(person.page).to_have_url(re.compile("comparison="))
        address = person.page.url
        person.page.reload()
        expect(sidebar(person.page).get_by_role("button", name="Cancel")).to_be_visible()
        person.leave()
        time.sleep(1.5 * AWAY_SECONDS)
        context = browser.new_context()
        page = context.new_page()
        page.goto(address)
        panel = sidebar(page)
        expect(panel.get_by_text("Autoencoder").first).to_be_visible()
        expect(panel.get_by_text("Finished in")).to_be_visible(timeout=RUN_MILLISECONDS)
        context.close()
