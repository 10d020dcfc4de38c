"""The page of the images: thumbnails open large, and keys lead through them."""

from playwright.sync_api import Page, expect

from tests.browser.person import open_dashboard


def test_a_thumbnail_opens_large_and_the_arrows_lead_on(page: Page, address: str) -> None:
    open_dashboard(page, address)
    thumbnails = page.locator(".thumbnails img")
    thumbnails.nth(1).click()
    window = page.get_by_role("dialog")
    expect(window).to_contain_text("Normal image")
    expect(window).to_contain_text("2 of ")
    page.keyboard.press("ArrowRight")
    expect(window).to_contain_text("3 of ")
    page.keyboard.press("ArrowLeft")
    expect(window).to_contain_text("2 of ")
    page.keyboard.press("Escape")
    expect(window).to_be_hidden()
    thumbnails.last.focus()
    page.keyboard.press("Enter")
    expect(window).to_contain_text("Test image")
