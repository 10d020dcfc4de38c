"""The way of a person through the dashboard, in a real browser."""

import re
from pathlib import Path

import numpy as np
from PIL import Image as Pillow
from playwright.sync_api import Page, expect

from images.dataset import GOOD, Picture
from images.samples import load_sample
from methods import registry
from tests.browser.conftest import OUTPUT
from tests.browser.person import (
    choose_methods,
    drawn_pictures,
    go_to,
    open_dashboard,
    run,
    sidebar,
    upload,
)

WANTED = ("sparse-coding", "mean-feature", "autoencoder")


def test_uploads_are_compared_by_three_methods(page: Page, address: str, tmp_path: Path) -> None:
    normal, test, masks = write_files(tmp_path)
    open_dashboard(page, address)
    page.get_by_text("Your images").click()
    upload(page, "Normal images", normal)
    expect(page.get_by_role("heading", name=f"{len(normal)} normal images")).to_be_visible()
    upload(page, "Test images", test)
    expect(page.get_by_role("heading", name=f"{len(test)} test images")).to_be_visible()
    upload(page, "Masks (optional)", masks)
    expect(page.get_by_text("The blue line is the border of the mask.")).to_be_visible()
    names = [name for name in WANTED if name in registry.names()]
    choose_methods(page, names)
    run(page)
    expect(page.get_by_role("heading", name="Compare")).to_be_visible()
    expect(drawn_pictures(page)).to_have_count(len(test) * (1 + len(names)) + len(masks))
    expect(page.get_by_role("img", name=re.compile("^Heatmap of"))).to_have_count(
        len(test) * len(names)
    )
    OUTPUT.mkdir(exist_ok=True)
    page.screenshot(path=OUTPUT / "compare.png", full_page=True)
    page.get_by_test_id("stMain").get_by_text("Curves").click()
    expect(page.get_by_text("ROC, pixels", exact=True)).to_be_visible()
    expect(page.locator(".js-plotly-plot .scatterlayer .trace")).not_to_have_count(0)
    page.screenshot(path=OUTPUT / "curves.png", full_page=True)


def write_files(folder: Path) -> tuple[list[Path], list[Path], list[Path]]:
    """Files of a sample: normal images, defective and normal ones, masks."""
    data = load_sample("grass")
    defective = [picture for picture in data.test if picture.kind != GOOD][:2]
    good = [picture for picture in data.test if picture.kind == GOOD][:1]
    normal = [write(folder / f"n{at}.png", item) for at, item in enumerate(data.normal[:6])]
    test = [write(folder / f"t{at}.png", item) for at, item in enumerate([*defective, *good])]
    masks = []
    for at, picture in enumerate(defective):
        mask = picture.mask()
        assert mask is not None
        masks.append(folder / f"t{at}_mask.png")
        Pillow.fromarray(np.where(mask, 255, 0).astype(np.uint8)).save(masks[-1])
    return normal, test, masks


def write(path: Path, picture: Picture) -> Path:
    Pillow.fromarray(np.rint(picture.read() * 255).astype(np.uint8)).save(path)
    return path


def test_the_whole_way_on_a_sample(page: Page, address: str) -> None:
    open_dashboard(page, address)
    choose_methods(page, ["pca-residual", "pca-residual"])
    run(page)
    expect(drawn_pictures(page)).to_have_count(6 * 4)

    slider = page.get_by_role("slider", name="Threshold of PCA residual 2")
    before = slider.input_value()
    slider.focus()
    slider.press("ArrowRight")
    expect(page.get_by_role("button", name="By hand: PCA residual 2")).to_be_visible()
    assert int(slider.input_value()) == int(before) + 1

    page.get_by_role("button", name="Zoom in").click()
    expect(page.locator(".layers.zoomed")).to_be_visible()
    page.get_by_role("button", name="Whole image").click()
    expect(page.locator(".layers.zoomed")).to_have_count(0)

    drawn_pictures(page).nth(2).click(position={"x": 60, "y": 60})
    expect(page.get_by_role("heading", name=re.compile(r"^Row \d+, column \d+$"))).to_be_visible()
    expect(page.get_by_role("img", name="Residual")).to_have_count(2)
    view = page.locator(".layers")
    view.focus()
    view.press("3")
    expect(page.get_by_role("img", name=re.compile("^Heatmap of PCA residual:"))).to_be_visible()
    view.press("ArrowRight")
    expect(page.get_by_role("img", name=re.compile("^Heatmap of PCA residual 2:"))).to_be_visible()

    go_to(page, "Images")
    expect(page.get_by_role("heading", name="normal images to learn from")).to_be_visible()
    go_to(page, "Compare")
    expect(drawn_pictures(page)).to_have_count(6 * 4)
    expect(page.get_by_role("button", name="By hand: PCA residual 2")).to_be_visible()

    go_to(page, "Hand over")
    with page.expect_download() as download:
        page.get_by_role("button", name="Report (HTML)").click()
    report = Path(download.value.path()).read_text(encoding="utf-8")
    assert "PCA residual 2" in report
    with page.expect_download() as download:
        page.get_by_role("button", name="Scores (CSV)").click()
    lines = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + 2 * len(load_sample("brick").test)

    page.reload()
    expect(page.get_by_role("button", name="Scores (CSV)")).to_be_visible()
    go_to(page, "Compare")
    expect(drawn_pictures(page)).to_have_count(6 * 4)


def test_a_run_is_cancelled(page: Page, address: str) -> None:
    open_dashboard(page, address)
    choose_methods(page, ["pca-residual"] * 4)
    sidebar(page).get_by_role("button", name="Run comparison").click()
    sidebar(page).get_by_role("button", name="Cancel").click()
    expect(sidebar(page).get_by_text("Cancelled; finished methods are kept.")).to_be_visible()
    expect(sidebar(page).get_by_role("button", name="Run again")).to_be_enabled()
