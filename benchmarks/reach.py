"""A comparison of many methods on many images in the browser: `python -m benchmarks.reach`.

12 methods on 200 synthetic images: how long a page takes that is changed to, a threshold until the
next picture, and the report until it is open. Prints one JSON line, times in seconds, sizes in
megabytes. `--folder` keeps the comparison, which is measured as it is where it exists.
"""

import argparse
import json
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, expect

from dashboard.navigation import COMPARE, IMAGES, INSPECT, METHODS, PRESENT, SHARE
from evaluation.comparison.comparison import Comparison, Variant
from evaluation.comparison.runner import run
from evaluation.kept_assessment import assess_and_keep
from evaluation.report.html import write_report
from images.colour import Image, Mask
from images.dataset import GOOD, DataSet, Picture
from tests.browser.person import at_rest, drawn_pictures, go_to, open_dashboard
from tests.browser.server import ROOT, chromium, dashboard

SIDE = 256
NORMAL, TEST, VARIANTS = 20, 200, 12
ROWS = 6
MOVES = 20
ROUNDS = 3
VISITED = (METHODS, INSPECT, PRESENT, SHARE, IMAGES, COMPARE)
"""In the order in which they are visited; each page is left by going to the next."""
PATIENCE_MILLISECONDS = 120_000

MOVE = """
async (slider, steps) => {
  const times = [];
  for (let at = 0; at < steps; at++) {
    slider.value = Number(slider.value) + 1;
    const begin = performance.now();
    slider.dispatchEvent(new Event("input"));
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    times.push(performance.now() - begin);
  }
  slider.dispatchEvent(new Event("change"));
  return times;
}
"""
"""Moves a slider step by step; the time of each until the next picture was painted."""
CHANGE = """
async ([link, title]) => {
  const rest = '[data-testid=stApp][data-test-script-state=notRunning]';
  const there = () => document.querySelector(rest)
    && document.querySelector('[data-testid=stMain] h1')?.innerText.trim() === title;
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const begin = performance.now();
  link.click();
  await frame();
  while (!there()) await frame();
  return (performance.now() - begin) / 1000;
}
"""
"""Presses a link; the time until the page is there and the server has drawn all of it."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="where the comparison is kept")
    folder = parser.parse_args().folder
    with chromium() as browser:
        found = measure_reach(browser, folder)
    print(json.dumps({name: round(value, 4) for name, value in found.items()}))


def measure_reach(browser: Browser, folder: Path | None = None) -> dict[str, float]:
    """All of it."""
    with wide_comparison(folder) as comparison:
        return measure_report(browser, comparison) | measure_pages(browser, comparison)


def measure_report(browser: Browser, comparison: Comparison) -> dict[str, float]:
    """Making, size and opening of the report; keeps assessments, as the dashboard does."""
    assessments = [assess_and_keep(comparison, result) for result in comparison.results]
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "report.html"
        begin = time.perf_counter()
        write_report(comparison, assessments, path)
        made = time.perf_counter() - begin
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        begin = time.perf_counter()
        page.goto(path.as_uri())
        opened = time.perf_counter() - begin
        page.close()
        size = path.stat().st_size / 2**20
    return {"report_made_s": made, "report_mb": size, "report_open_s": opened}


def measure_pages(browser: Browser, comparison: Comparison) -> dict[str, float]:
    """The first sight of the results, each page that is changed to, and moved thresholds."""
    found: dict[str, float] = {}
    with kept(comparison.folder) as token, dashboard() as address:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(PATIENCE_MILLISECONDS)
        expect.set_options(timeout=PATIENCE_MILLISECONDS)
        open_dashboard(page, address)
        begin = time.perf_counter()
        page.goto(f"{address}/compare?comparison={token}")
        grid(page)
        found["compare_first_s"] = time.perf_counter() - begin
        times: dict[str, list[float]] = {}
        for _ in range(ROUNDS):
            for entry in VISITED:
                link = page.get_by_test_id("stSidebar").get_by_role("link", name=entry.title)
                title = TITLES.get(entry.title, entry.title)
                taken = page.evaluate(CHANGE, [link.element_handle(), title])
                times.setdefault(entry.address, []).append(taken)
                if entry is COMPARE:
                    grid(page)
        for name, taken in times.items():
            found[f"{name}_first_change_s"] = taken[0]
            found[f"{name}_change_s"] = float(np.median(taken[1:]))
        found |= measure_thresholds(page)
        found |= measure_curves(page)
    return found


TITLES = {"Images": "Compare anomaly detectors on images"}
"""Headings of pages that are not their names."""


def grid(page: Page) -> None:
    """Wait until all pictures of the first rows are drawn."""
    expect(drawn_pictures(page)).to_have_count(ROWS * (VARIANTS + 2))
    at_rest(page)
    page.wait_for_load_state("networkidle")


def measure_thresholds(page: Page) -> dict[str, float]:
    """From a step of a slider to the next picture, of pixels and of images."""
    found = {}
    for level in ("pixel", "image"):
        page.locator("select[name=level]").select_option(level)
        slider = page.get_by_role("slider", name=f"Threshold of {level}s of method 0")
        times = slider.evaluate(MOVE, MOVES)
        found[f"{level}_threshold_to_picture_s"] = float(np.median(times)) / 1000
        found[f"{level}_threshold_to_picture_longest_s"] = max(times) / 1000
        begin = time.perf_counter()
        expect(page.get_by_role("button", name="Set manually")).to_be_visible()
        at_rest(page)
        found[f"{level}_threshold_to_table_s"] = time.perf_counter() - begin
    return found


def measure_curves(page: Page) -> dict[str, float]:
    """From a press to all curves, the first time and again."""
    found = {}
    for name in ("curves_first_s", "curves_again_s"):
        go_to(page, "Compare")
        page.get_by_test_id("stMain").get_by_text("Heatmaps").click()
        grid(page)
        begin = time.perf_counter()
        page.get_by_test_id("stMain").get_by_text("Curves").click()
        expect(page.locator(".js-plotly-plot .gtitle")).to_have_count(5)
        at_rest(page)
        found[name] = time.perf_counter() - begin
    return found


@contextmanager
def kept(comparison: Path) -> Iterator[str]:
    """The token of a comparison that stands elsewhere, as long as this is open."""
    token = f"benchmark-{secrets.token_hex(8)}"
    folder = ROOT / "results" / token
    folder.parent.mkdir(exist_ok=True)
    folder.symlink_to(comparison.resolve(), target_is_directory=True)
    try:
        yield token
    finally:
        folder.unlink()


@contextmanager
def wide_comparison(folder: Path | None) -> Iterator[Comparison]:
    """The comparison, from a folder that is kept or in one that is removed."""
    if folder is not None and folder.exists():
        yield Comparison.open(folder)
        return
    with tempfile.TemporaryDirectory() as scratch:
        variants = [
            Variant(
                "pca-residual",
                {"features": "raw patches", "window": 8, "stride": 8, "variance": 0.98 - 0.05 * at},
                label=f"method {at}",
            )
            for at in range(VARIANTS)
        ]
        yield run(wide_set(), variants, folder or Path(scratch) / "wide")


def wide_set() -> DataSet:
    """Grey waves with noise; every second test image has a bright square, fainter each time."""

    def picture(number: int, kind: str) -> Picture:
        top, left = 20 + number % 7 * 25, 20 + number % 5 * 35

        def read_mask() -> Mask:
            mask = np.zeros((SIDE, SIDE), dtype=bool)
            mask[top : top + 24, left : left + 24] = kind != GOOD
            return mask

        def read() -> Image:
            wave = 0.45 + 0.15 * np.sin(np.arange(SIDE) / 5)
            noise = np.random.default_rng(number).normal(0, 0.05, (SIDE, SIDE))
            image = (wave + noise).clip(0, 1).astype(np.float32)
            return np.where(read_mask(), image + np.float32(40 / (number + 100)), image).clip(0, 1)

        return Picture(f"{number}.png", kind, read, None if kind == GOOD else read_mask)

    normal = tuple(picture(1000 + number, GOOD) for number in range(NORMAL))
    test = tuple(picture(number, "square" if number % 2 else GOOD) for number in range(TEST))
    return DataSet("wide", normal, test, synthetic=True)


if __name__ == "__main__":
    main()
