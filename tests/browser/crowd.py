"""Several people at once, each with images of their own, and what is seen of others meanwhile."""

import base64
import io
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image as Pillow
from playwright.sync_api import Browser, Page, expect

from dashboard.session.address import PARAMETER
from evaluation.comparison.comparison import Comparison
from tests.browser.person import RUN_MILLISECONDS, choose_methods, go_to, sidebar, upload

NAMES = ("ada", "ben", "cleo", "dora", "emil", "fay", "gus", "hana")
NORMAL, DEFECTIVE = 6, 3
DARKEST, STEP = 40, 24
"""The mean brightness of the first one's images, and how much brighter those of the next are."""

WATCH = """
(titles) => {
  const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
  const heading = () => document.querySelector("[data-testid=stMain] h1")?.textContent;
  const watch = { pause: 0, health: 0, presses: 0, watching: true };
  window.watch = watch;
  const press = async () => {
    for (let at = 0; watch.watching; at = (at + 1) % titles.length) {
      const [link, title] = titles[at];
      const begin = performance.now();
      [...document.querySelectorAll("[data-testid=stSidebar] a")]
        .find((found) => found.textContent.includes(link)).click();
      while (!heading()?.includes(title)) {
        await wait(10);
        watch.pause = Math.max(watch.pause, performance.now() - begin);
      }
      watch.presses++;
      await wait(3000);
    }
  };
  const ask = async () => {
    while (watch.watching) {
      const begin = performance.now();
      await fetch("/_stcore/health", { cache: "no-store" });
      watch.health = Math.max(watch.health, performance.now() - begin);
      await wait(250);
    }
  };
  press();
  ask();
}
"""
"""Goes from page to page and keeps the longest time until a page's heading was there."""
TITLES = (("Methods", "Methods"), ("Images", "Compare anomaly"), ("Compare", "Compare"))


class Person:
    """One person with a browser of their own."""

    def __init__(self, browser: Browser, number: int, folder: Path, side: int) -> None:
        self.name = NAMES[number]
        self._level = DARKEST + STEP * number
        self._folder = write_images(folder / self.name, self.name, self._level, side)
        self._context = browser.new_context(viewport={"width": 1440, "height": 900})
        self.page: Page = self._context.new_page()

    def arrive(self, address: str, methods: Sequence[str]) -> None:
        """Open the dashboard, hand the images in and choose methods; none for those found there."""
        self.page.goto(address)
        self.page.get_by_text("Your images").click()
        self.page.get_by_text("A whole folder or a ZIP archive instead").click()
        upload(self.page, "Folder", [self._folder])
        expect(self.page.get_by_role("heading", name=f"{NORMAL} normal images")).to_be_visible()
        if methods:
            choose_methods(self.page, methods)

    def start(self) -> None:
        """Press Run."""
        sidebar(self.page).get_by_role("button", name="Run").click()
        expect(sidebar(self.page).get_by_role("button", name="Cancel")).to_be_visible()

    def watch(self) -> None:
        """Go from page to page, by itself, and measure how long each takes to answer."""
        self.page.evaluate(WATCH, TITLES)

    def wait(self) -> None:
        """Wait for the end of the comparison."""
        done = sidebar(self.page).get_by_text("Finished in")
        expect(done).to_be_visible(timeout=RUN_MILLISECONDS)

    def watched(self) -> tuple[float, float, int]:
        """The longest answer of a page and of the server in seconds, and how many were seen."""
        found = self.page.evaluate("() => { window.watch.watching = false; return window.watch; }")
        return found["pause"] / 1000, found["health"] / 1000, found["presses"]

    def keep(self) -> str:
        """Keep the comparison; returns its token."""
        go_to(self.page, "Share")
        self.page.get_by_role("button", name="Save this comparison").click()
        expect(self.page.get_by_text("Saved in")).to_be_visible()
        return str(re.search(rf"{PARAMETER}=([\w-]+)", self.page.url)[1])  # type: ignore[index]

    def seen_of_others(self) -> int:
        """How many names and pictures of other people the pages show."""
        found = 0
        for page, heading in (("Images", "normal images"), ("Compare", "Compare")):
            go_to(self.page, page)
            expect(self.page.get_by_role("heading", name=heading).first).to_be_visible()
            text = self.page.content()
            assert self.name in text
            found += sum(f"{name}-" in text for name in NAMES if name != self.name)
        go_to(self.page, "Images")
        thumbnails = self.page.locator(".thumbnails img")
        expect(thumbnails).to_have_count(NORMAL + DEFECTIVE)
        for source in thumbnails.evaluate_all("all => all.map(found => found.src)"):
            data = base64.b64decode(source.split(",", 1)[1])
            found += not self.is_mine(np.asarray(Pillow.open(io.BytesIO(data)).convert("L")) / 255)
        return found

    def foreign_in(self, kept: Comparison) -> int:
        """How many pictures of other people a kept comparison holds."""
        pictures = (*kept.data.normal, *kept.data.test)
        return sum(
            not (f"{self.name}-" in picture.name and self.is_mine(picture.read()))
            for picture in pictures
        )

    def is_mine(self, image: np.ndarray) -> bool:
        """Whether an image has the brightness of this person's."""
        return abs(float(np.median(image)) * 255 - self._level) < STEP / 3

    def leave(self) -> None:
        """Close the browser."""
        self._context.close()


def write_images(folder: Path, name: str, level: int, side: int) -> Path:
    """A data set of noise around a level, with a square in every test image and its mask."""
    rng = np.random.default_rng(level)

    def noise() -> np.ndarray:
        return rng.normal(level, 6, (side, side)).clip(0, 255).astype(np.uint8)

    for place in ("train/good", "test/square", "ground_truth/square"):
        (folder / place).mkdir(parents=True)
    for number in range(NORMAL):
        Pillow.fromarray(noise()).save(folder / f"train/good/{name}-{number}.png")
    square = np.s_[side // 4 : side // 2, side // 4 : side // 2]
    for number in range(DEFECTIVE):
        image, mask = noise(), np.zeros((side, side), np.uint8)
        image[square], mask[square] = 255 - level // 2, 255
        Pillow.fromarray(image).save(folder / f"test/square/{name}-{number}.png")
        Pillow.fromarray(mask).save(folder / f"ground_truth/square/{name}-{number}_mask.png")
    return folder
