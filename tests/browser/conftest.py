"""A server and a browser for all tests of this folder; a page that tells errors."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from tests.browser.person import (
    choose_methods,
    drawn_pictures,
    open_dashboard,
    run,
    set_parameter,
)
from tests.browser.server import NAMES, chromium, dashboard, find_browser

PATIENCE_MILLISECONDS = 30_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if find_browser() is None:
        pytest.skip(f"no browser: set ANOMALY_BROWSER or install one of {', '.join(NAMES)}")
    with chromium() as running:
        yield running


@pytest.fixture(scope="session")
def address(browser: Browser) -> Iterator[str]:
    """Where the dashboard answers."""
    with dashboard() as found:
        yield found


@pytest.fixture(scope="session")
def comparison(browser: Browser, address: str) -> Iterator[str]:
    """The end of the address of a finished comparison; a page keeps it open."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE_MILLISECONDS)
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    open_dashboard(opened, address)
    choose_methods(opened, ["pca-residual", "pca-residual"])
    set_parameter(opened, "PCA residual 2", "Smoothing", "12")
    run(opened)
    expect(drawn_pictures(opened).first).to_be_visible()
    yield f"?comparison={parse_qs(urlparse(opened.url).query)['comparison'][0]}"
    context.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that must not say anything on the console that is an error."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE_MILLISECONDS)
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    said: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        # Streamlit looks for itself below the address of a page first, where it is not.
        if message.type == "error" and "/_stcore/" not in message.location["url"]:
            said.append(f"{message.text} ({message.location['url']})")

    opened.on("console", listen)
    opened.on("pageerror", lambda error: said.append(str(error)))
    yield opened
    context.close()
    assert not said
