"""The cards of methods: added by keyboard, searched, and left as they are meanwhile."""

from playwright.sync_api import Page, expect

from tests.browser.person import go_to, open_dashboard


def test_a_method_is_added_by_keyboard_and_its_card_stays_as_it_is(
    page: Page, address: str
) -> None:
    open_dashboard(page, address)
    go_to(page, "Methods")
    button = page.locator('[data-add="padim"]')
    card = page.get_by_role("article").filter(has=button)
    card.get_by_text("Cost and source").click()
    expect(page.get_by_role("button", name="Add: PaDiM", exact=True)).to_have_count(1)
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Remove")).to_have_count(4)
    expect(button).to_have_text("Add again")
    expect(button).to_be_focused()
    expect(card.locator("details")).to_have_attribute("open", "")

    search = page.get_by_role("textbox", name="Search")
    search.fill("padim mahalanobis")
    search.press("Enter")
    expect(page.get_by_role("article")).to_have_count(1)
    expect(card.locator("details")).to_have_attribute("open", "")
    search.fill("")
    search.press("Enter")
    expect(page.get_by_role("article")).not_to_have_count(1)
