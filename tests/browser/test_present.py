"""A presentation, by keys, on the page and as a file without a network."""

from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENCE_MILLISECONDS


def start(page: Page, where: str) -> None:
    page.goto(where)
    page.get_by_role("button", name="▶ Present").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def shown(page: Page) -> list[str]:
    """The names of the pictures that are seen."""
    pictures = page.get_by_role("dialog").get_by_role("img")
    names = [one.get_attribute("aria-label") or "" for one in pictures.all() if one.is_visible()]
    return [name.split(":")[0] for name in names if ":" in name]


def test_keys_lead_through_the_images(page: Page, address: str, comparison: str) -> None:
    start(page, f"{address}/present{comparison}")
    stage = page.get_by_role("dialog")
    expect(stage.get_by_role("heading", name="Defects in brick")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(stage.locator("canvas").first).to_be_visible()
    expect(page.locator(".stage[data-drawn='1']")).to_be_visible()
    both = ["Heatmap of PCA residual", "Heatmap of PCA residual 2"]
    assert shown(page) == ["Image", *both]
    heat = stage.get_by_role("button", name="Heatmap")
    page.keyboard.press("b")
    expect(heat).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("b")
    page.keyboard.press("c")
    divider = stage.get_by_role("slider", name="Curtain")
    expect(divider).to_have_attribute("aria-valuenow", "50")
    assert shown(page) == [both[0]]
    divider.press("ArrowRight")
    expect(divider).to_have_attribute("aria-valuenow", "52")
    page.keyboard.press("End")
    expect(stage.get_by_role("img", name="Curves and numbers")).to_be_visible()
    page.keyboard.press("Escape")
    expect(stage).to_be_hidden()


def test_the_file_is_presented_without_a_network(
    browser: Browser, page: Page, address: str, comparison: str, tmp_path: Path
) -> None:
    page.goto(f"{address}/present{comparison}")
    with page.expect_download() as download:
        page.get_by_role("button", name="HTML").click()
    download.value.save_as(tmp_path / "show.html")
    context = browser.new_context(viewport={"width": 390, "height": 844}, offline=True)
    alone = context.new_page()
    alone.set_default_timeout(PATIENCE_MILLISECONDS)
    alone.goto((tmp_path / "show.html").as_uri())
    expect(alone.get_by_role("dialog")).to_be_visible()
    alone.keyboard.press("ArrowRight")
    expect(alone.locator(".stage[data-drawn='1']")).to_be_visible()
    assert shown(alone)[0] == "Image"
    width = alone.evaluate("document.querySelector('.stage').scrollWidth")
    context.close()
    assert width <= 390 + 1  # a fraction of a pixel is rounded up
