"""Make the pictures of the README from sample data: `python -m docs.screenshots`.

The dashboard runs the methods that a new person finds chosen, in a real browser.
"""

import io
from pathlib import Path

from PIL import Image as Pillow
from playwright.sync_api import Page, expect

from tests.browser.person import at_rest, drawn_pictures, go_to, open_dashboard, run
from tests.browser.server import chromium, dashboard

FOLDER = Path(__file__).parent
SAMPLE = "Brick with painted defects (synthetic)"
FIRST_SCREEN = 8
"""Pictures of the first two rows: the image, and a heatmap of each of three methods."""
COLOURS = 256
"""Enough for the interface and the heatmaps; a palette keeps a picture small."""
FILM = (
    ("ArrowRight", 1, 1600),
    ("c", 1, 800),
    ("]", 8, 120),
    ("[", 14, 120),
    ("]", 6, 120),
    ("c", 1, 800),
    ("b", 2, 1200),
)
"""Keys of the film, how often each is pressed, and how long a frame then lasts in milliseconds."""
FILM_SIZE = (768, 432)
FILM_COLOURS = 64
SETTLED_MILLISECONDS = 400
QUIET_MILLISECONDS = 3_000
"""Until the controls of a presentation are gone."""
PATIENCE_MILLISECONDS = 60_000


def main() -> None:
    """Write `compare.png`, `curves.png`, `inspect.png` and `present.gif`."""
    with dashboard() as address, chromium() as browser:
        expect.set_options(timeout=PATIENCE_MILLISECONDS)
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        open_dashboard(page, address)
        page.get_by_text(SAMPLE).click()
        expect(page.get_by_text("photograph of brick")).to_be_visible()
        at_rest(page)
        run(page)
        for at in range(FIRST_SCREEN):
            expect(drawn_pictures(page).nth(at)).to_be_visible()
        save(page, "compare.png")
        drawn_pictures(page).nth(2).click()
        expect(page.get_by_role("heading", name="Row")).to_be_visible()
        expect(page.get_by_text("Score").first).to_be_visible()
        save(page, "inspect.png")
        go_to(page, "Compare")
        page.get_by_test_id("stMain").get_by_text("Curves").click()
        expect(page.get_by_text("ROC, images", exact=True)).to_be_visible()
        expect(page.locator(".js-plotly-plot .scatterlayer .trace")).not_to_have_count(0)
        save(page, "curves.png")
        page.set_viewport_size({"width": 1280, "height": 720})
        go_to(page, "Present")
        page.get_by_role("button", name="▶ Present").click()
        present(page)


def present(page: Page) -> None:
    """Write `present.gif`: an image under a curtain, then side by side, with and without scores."""
    page.wait_for_timeout(QUIET_MILLISECONDS)
    frames, lasts = [], []
    for key, times, lasting in FILM:
        for _ in range(times):
            page.keyboard.press(key)
            page.wait_for_timeout(SETTLED_MILLISECONDS)
            seen = Pillow.open(io.BytesIO(page.screenshot())).convert("RGB")
            seen.thumbnail(FILM_SIZE)
            frames.append(seen.quantize(FILM_COLOURS, dither=Pillow.Dither.NONE))
            lasts.append(lasting)
    frames[0].save(
        FOLDER / "present.gif",
        save_all=True,
        append_images=frames[1:],
        duration=lasts,
        loop=0,
        optimize=True,
    )


def save(page: Page, name: str) -> None:
    """Write what the page shows, once it has come to rest."""
    page.mouse.move(0, 0)
    page.wait_for_load_state("networkidle")
    at_rest(page)
    picture = Pillow.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    picture.quantize(COLOURS, method=Pillow.Quantize.FASTOCTREE, dither=Pillow.Dither.NONE).save(
        FOLDER / name, optimize=True
    )


if __name__ == "__main__":
    main()
