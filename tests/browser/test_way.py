"""The way of a person through the dashboard, in a real browser."""

import os
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow
from playwright.sync_api import Page, expect

from images.dataset import GOOD, Picture
from images.samples.catalogue import load_sample
from methods import registry
from tests.browser.person import (
    choose_methods,
    drawn_pictures,
    go_to,
    open_dashboard,
    run,
    set_parameter,
    sidebar,
    upload,
)
from tests.browser.server import ROOT

OUTPUT = ROOT / "test-output"
CORNER = np.s_[:128, :128]
THREE = [
    name for name in ("sparse-coding", "mean-feature", "autoencoder") if name in registry.names()
]


def test_uploads_are_compared_by_three_methods(page: Page, address: str, tmp_path: Path) -> None:
    normal, test, masks = write_files(tmp_path)
    open_dashboard(page, address)
    page.get_by_text("Your images").click()
    upload(page, "Normal images", normal)
    expect(page.get_by_role("heading", name=f"{len(normal)} normal images")).to_be_visible()
    upload(page, "Test images", test)
    expect(page.get_by_role("heading", name=f"{len(test)} test images")).to_be_visible()
    upload(page, "Masks (optional)", masks)
    expect(page.get_by_text("The blue line is the outline of the mask.")).to_be_visible()
    choose_methods(page, THREE)
    set_parameter(page, "Autoencoder", "Steps", "20")
    run(page)
    expect(page.get_by_role("heading", name="Compare")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("^Heatmap of"))).to_have_count(
        len(test) * len(THREE)
    )
    expect(drawn_pictures(page)).to_have_count(len(test) * (1 + len(THREE)) + len(masks))
    OUTPUT.mkdir(exist_ok=True)
    page.screenshot(path=OUTPUT / "compare.png", full_page=True)
    page.get_by_test_id("stMain").get_by_text("Curves").click()
    expect(page.get_by_text("ROC, pixels", exact=True)).to_be_visible()
    expect(page.locator(".js-plotly-plot .scatterlayer .trace")).not_to_have_count(0)
    page.screenshot(path=OUTPUT / "curves.png", full_page=True)


def write_files(folder: Path) -> tuple[list[Path], list[Path], list[Path]]:
    """Corners of a sample as files: normal images, two defective and a normal one, masks."""
    data = load_sample("grass")
    found = [
        (picture, mask[CORNER]) for picture in data.test if (mask := picture.mask()) is not None
    ]
    defective = [(picture, mask) for picture, mask in found if mask.any()][:2]
    good = [(picture, mask) for picture, mask in found if picture.kind == GOOD][:1]
    normal = [write(folder / f"n{at}.png", item) for at, item in enumerate(data.normal[:10])]
    test = [write(folder / f"t{at}.png", item) for at, (item, _) in enumerate([*defective, *good])]
    masks = []
    for at, (_, mask) in enumerate(defective):
        masks.append(folder / f"t{at}_mask.png")
        Pillow.fromarray(np.where(mask, 255, 0).astype(np.uint8)).save(masks[-1])
    return normal, test, masks


def write(path: Path, picture: Picture) -> Path:
    Pillow.fromarray(np.rint(picture.read()[CORNER] * 255).astype(np.uint8)).save(path)
    return path


@pytest.mark.real_data
def test_a_folder_of_micrographs_is_compared(page: Page, address: str) -> None:
    folder = Path(os.environ.get("ANOMALY_DATA", ""), "nanotwice")
    if not os.environ.get("ANOMALY_DATA") or not folder.is_dir():
        pytest.skip("ANOMALY_DATA names no folder with nanotwice in it")
    open_dashboard(page, address)
    page.get_by_text("Your images").click()
    page.get_by_text("A whole folder or a ZIP archive instead").click()
    upload(page, "Folder", [folder])
    expect(page.get_by_role("heading", name="5 normal images")).to_be_visible()
    expect(page.get_by_role("heading", name="25 test images")).to_be_visible()
    choose_methods(page, ["pca-residual"] * 2)
    for label in ("PCA residual", "PCA residual 2"):
        set_parameter(page, label, "Smoothing", "12")
    run(page)
    expect(page.get_by_text("No Image AUROC: no normal test image.")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("^Heatmap of"))).to_have_count(6 * 2)
    expect(drawn_pictures(page)).to_have_count(6 * (2 + 2))


def test_the_whole_way_on_a_sample(page: Page, address: str) -> None:
    open_dashboard(page, address)
    choose_methods(page, ["pca-residual", "pca-residual"])
    set_parameter(page, "PCA residual", "Smoothing", "8")
    set_parameter(page, "PCA residual 2", "Smoothing", "12")
    run(page)
    expect(drawn_pictures(page)).to_have_count(6 * 4)

    slider = page.get_by_role("slider", name="Threshold of pixels of PCA residual 2")
    before = slider.input_value()
    slider.focus()
    slider.press("ArrowRight")
    expect(page.get_by_role("button", name="Set manually: PCA residual 2")).to_be_visible()
    assert int(slider.input_value()) == int(before) + 1

    page.get_by_role("button", name="Zoom in").click()
    expect(page.locator(".layers.zoomed")).to_be_visible()
    page.get_by_role("button", name="Whole image").click()
    expect(page.locator(".layers.zoomed")).to_have_count(0)

    drawn_pictures(page).nth(2).click(position={"x": 60, "y": 60})
    expect(page.get_by_role("heading", name=re.compile(r"^Row \d+, column \d+$"))).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("^Heatmap of PCA residual:"))).to_be_visible()
    expect(page.get_by_role("img", name="Seen here", exact=True)).to_have_count(2)
    view = page.locator(".layers")
    view.focus()
    view.press("1")
    expect(page.get_by_role("img", name=re.compile("^Image: "))).to_be_visible()
    view.press("3")
    expect(page.get_by_role("img", name=re.compile("^Heatmap of PCA residual:"))).to_be_visible()
    view.press("ArrowRight")
    expect(page.get_by_role("img", name=re.compile("^Heatmap of PCA residual 2:"))).to_be_visible()

    go_to(page, "Images")
    expect(page.get_by_role("heading", name="normal images for training")).to_be_visible()
    go_to(page, "Compare")
    expect(drawn_pictures(page)).to_have_count(6 * 4)
    expect(page.get_by_role("button", name="Set manually: PCA residual 2")).to_be_visible()

    go_to(page, "Share")
    with page.expect_download() as download:
        page.get_by_role("button", name="Report (HTML)").click()
    assert "PCA residual 2" in Path(download.value.path()).read_text(encoding="utf-8")
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
    expect(
        sidebar(page).get_by_text("Cancelled. Results of finished methods are kept.")
    ).to_be_visible()
    expect(sidebar(page).get_by_role("button", name="Run again")).to_be_enabled()
