"""What a person draws on images in a real browser, and what becomes of it."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from images.samples.catalogue import load_sample
from tests.browser.person import (
    RUN_MILLISECONDS,
    choose_methods,
    drawn_pictures,
    go_to,
    open_dashboard,
    run,
    set_parameter,
    sidebar,
    upload,
)
from tests.browser.test_way import write

WHOLE = 102
"""Side of the images of `write`."""


def open_window(page: Page) -> None:
    page.get_by_role("button", name="Draw on an image").click()
    expect(page.locator(".drawing canvas[data-drawn]")).to_be_visible()


def close_window(page: Page) -> None:
    page.get_by_role("button", name="Close").click()
    expect(page.locator(".drawing")).to_have_count(0)


def drag(page: Page, start: tuple[float, float], stop: tuple[float, float]) -> None:
    """Draw from one place of the image to another, both as shares of its width and height."""
    box = page.locator(".drawing canvas").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + start[0] * box["width"], box["y"] + start[1] * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + stop[0] * box["width"], box["y"] + stop[1] * box["height"], steps=4)
    page.mouse.up()


def test_one_image_with_a_normal_part_and_a_drawn_defect(
    page: Page, address: str, tmp_path: Path
) -> None:
    picture = write(tmp_path / "single.png", load_sample("grass").test[6])
    open_dashboard(page, address)
    page.get_by_text("Your images").click()
    upload(page, "Test images", [picture])
    expect(page.get_by_text("There is no normal image to train on.")).to_be_visible()
    open_window(page)
    drag(page, (0.0, 0.25), (1.0, 1.0))
    part = page.get_by_text("pixels marked on this image. Drawn: 1 normal part.")
    expect(part).to_be_visible()
    marked = int(part.inner_text().split()[0].replace(",", ""))
    assert marked == pytest.approx(WHOLE * WHOLE * 3 / 4, abs=2 * WHOLE)
    page.get_by_text("Defect mask", exact=True).click()
    expect(page.get_by_role("img", name="Defect mask on test/single.png")).to_be_visible()
    expect(page.get_by_text("0 pixels marked on this image.")).to_be_visible()
    draw_square_by_keyboard(page)
    expect(page.get_by_text("100 pixels marked on this image.")).to_be_visible()
    page.get_by_role("button", name="Brush").click()
    drag(page, (0.2, 0.1), (0.4, 0.1))
    expect(page.get_by_text("100 pixels marked on this image.")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("100 pixels marked on this image.")).to_be_visible()
    close_window(page)
    expect(page.get_by_role("heading", name="1 normal image for training")).to_be_visible()
    choose_methods(page, ["pca-residual"])
    set_parameter(page, "PCA residual", "Smoothing", "8")
    run(page)
    expect(drawn_pictures(page)).to_have_count(3)
    expect(page.get_by_text("Pixel AUROC", exact=False).first).to_be_visible()


def draw_square_by_keyboard(page: Page) -> None:
    """Mark 10 x 10 pixels from the middle of the image on."""
    canvas = page.locator(".drawing canvas")
    canvas.focus()
    canvas.press("Enter")
    for key in ("ArrowRight", "ArrowDown"):
        for _ in range(10):
            canvas.press(f"Shift+{key}")
    canvas.press("Enter")


def test_working_points_and_the_dictionary(page: Page, address: str) -> None:
    open_dashboard(page, address)
    choose_methods(page, ["sparse-coding"])
    set_parameter(page, "Sparse coding", "Atoms", "16")
    run(page)
    page.get_by_test_id("stMain").get_by_text("Working points", exact=True).click()
    expect(page.get_by_text("Working points of Raw pixels")).to_be_visible()
    for name in ("Sparse coding", "Raw pixels"):
        expect(page.get_by_text(f"Distance from normal: {name}")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Working points of Raw pixels")).to_be_visible()
    go_to(page, "Inspect")
    page.get_by_text("What the methods learned").click()
    expect(page.get_by_role("img", name=re.compile("^Dictionary of 16 atoms"))).to_be_visible()


def test_the_window_stays_while_methods_finish(page: Page, address: str) -> None:
    open_dashboard(page, address)
    choose_methods(page, ["pca-residual"] * 3)
    sidebar(page).get_by_role("button", name="Run").click()
    expect(page.get_by_role("heading", name="Compare")).to_be_visible()
    go_to(page, "Images")
    open_window(page)
    drag(page, (0.2, 0.2), (0.6, 0.6))
    expect(page.get_by_text("Drawn: masks on 1 image.").last).to_be_visible()
    expect(sidebar(page).get_by_text("Finished in")).to_be_visible(timeout=RUN_MILLISECONDS)
    expect(page.locator(".drawing canvas[data-drawn]")).to_be_visible()
    close_window(page)
    expect(page.get_by_text("Drawn: masks on 1 image.")).to_be_visible()
    go_to(page, "Methods")
    go_to(page, "Images")
    expect(page.get_by_text("Drawn: masks on 1 image.")).to_be_visible()
    expect(page.locator(".drawing")).to_have_count(0)
