"""Curves: a name in one legend hides its method in all plots."""

from playwright.sync_api import Page, expect

from tests.browser.person import at_rest

PLOTS = 5
HIDDEN = """all => all.map((plot) => [...plot.querySelectorAll('.legend .traces')]
  .filter((entry) => Number(getComputedStyle(entry).opacity) < 1)
  .map((entry) => entry.querySelector('.legendtext').textContent.replace(/ \\(.*/, '')))"""
"""The names that are grey in the legend of each plot."""


def hidden(page: Page) -> list[list[str]]:
    at_rest(page)
    found: list[list[str]] = page.locator(".js-plotly-plot").evaluate_all(HIDDEN)
    return found


def press(page: Page, plot: int, method: int) -> None:
    """Press the name of a method in the legend of a plot; the first entry may be chance."""
    names = page.locator(".js-plotly-plot").nth(plot).locator(".legend .traces")
    names.filter(has_text="PCA").nth(method).locator(".legendtoggle").click()


def test_a_name_in_a_legend_hides_a_method_in_all_plots(
    page: Page, address: str, comparison: str
) -> None:
    page.goto(f"{address}/compare{comparison}&compare.view=Curves")
    expect(page.locator(".js-plotly-plot .legend")).to_have_count(PLOTS)
    assert hidden(page) == PLOTS * [[]]
    press(page, 0, 1)
    pill = page.get_by_test_id("stMain").get_by_role("button", name="PCA residual 2")
    expect(pill).to_have_attribute("aria-pressed", "false")
    assert hidden(page) == PLOTS * [["PCA residual 2"]]
    page.get_by_role("button", name="Threshold:").click()
    page.get_by_role("spinbutton", name="Rate").fill("5")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="5 % of normal")).to_be_visible()
    page.keyboard.press("Escape")
    assert hidden(page) == PLOTS * [["PCA residual 2"]]
    press(page, 3, 1)
    expect(pill).to_have_attribute("aria-pressed", "true")
    assert hidden(page) == PLOTS * [[]]


ON_A_CURVE = """(plot) => {
  const path = plot.querySelectorAll('.scatterlayer .trace path.js-line')[1];
  const along = path.getPointAtLength(0.4 * path.getTotalLength());
  const place = along.matrixTransform(path.getScreenCTM());
  return [place.x, place.y];
}"""
"""Where the curve of the first method is seen; the first line is chance."""


def test_a_point_that_is_pressed_gives_its_threshold(
    page: Page, address: str, comparison: str
) -> None:
    page.goto(f"{address}/compare{comparison}&compare.view=Curves")
    expect(page.locator(".js-plotly-plot .legend")).to_have_count(PLOTS)
    at_rest(page)
    x, y = page.locator(".js-plotly-plot").first.evaluate(ON_A_CURVE)
    page.mouse.move(x, y)
    told = page.locator(".js-plotly-plot").first.locator(".hoverlayer")
    expect(told).to_contain_text("TPR")
    expect(told).to_contain_text("defective pixels")
    expect(told).to_contain_text("threshold")
    page.mouse.click(x, y)
    expect(page.get_by_role("button", name="Set manually: PCA residual (pixels)")).to_be_visible()
