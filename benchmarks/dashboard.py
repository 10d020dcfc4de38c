"""How quick the dashboard is, measured in a real browser: `python -m benchmarks.dashboard`.

The peer of the threshold is the whole page: what a dashboard costs that runs its page anew and
sends its pictures again whenever a slider is moved. What `benchmarks.reach` measures is printed
too. Prints one JSON line.
"""

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import CDPSession, Page, expect

from benchmarks.reach import MOVE, kept, measure_reach
from evaluation.comparison.comparison import Variant
from evaluation.comparison.runner import run
from images.dataset import GOOD, DataSet, Picture
from tests.browser.person import drawn_pictures, open_dashboard
from tests.browser.person import run as press_run
from tests.browser.server import chromium, dashboard

SHAPE = (700, 1024)
IMAGES = 25
METHODS = 4
MOVES = 10
PATIENCE_MILLISECONDS = 60_000


def main() -> None:
    """Measure and print."""
    found: dict[str, float] = {}
    with kept_comparison() as token, chromium() as browser:
        begin = time.perf_counter()
        with dashboard() as address:
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.set_default_timeout(PATIENCE_MILLISECONDS)
            expect.set_options(timeout=PATIENCE_MILLISECONDS)
            open_dashboard(page, address)
            found["start_to_first_page_s"] = time.perf_counter() - begin
            found |= measure_threshold(page, f"{address}/compare?comparison={token}")
            open_dashboard(page, address)
            begin = time.perf_counter()
            press_run(page)
            found["run_sample_s"] = time.perf_counter() - begin
        found |= measure_reach(browser)
    print(json.dumps({name: round(value, 4) for name, value in found.items()}))


def measure_threshold(page: Page, address: str) -> dict[str, float]:
    """Times and bytes of a moved threshold, and of the whole page as the peer."""
    network = page.context.new_cdp_session(page)
    received = Received(network)
    begin = time.perf_counter()
    page.goto(address)
    expect(drawn_pictures(page)).to_have_count(6 * (METHODS + 2))
    whole_page = time.perf_counter() - begin
    page.wait_for_load_state("networkidle")
    whole_bytes = received.take()
    times = page.get_by_role("slider", name="Threshold of pixels of method 0").evaluate(MOVE, MOVES)
    drawing_bytes = received.take()
    expect(page.get_by_role("button", name="Set manually")).to_be_visible()
    page.wait_for_load_state("networkidle")
    return {
        "whole_page_s": whole_page,
        "whole_page_bytes": whole_bytes,
        "threshold_to_picture_s": float(np.median(times)) / 1000,
        "threshold_bytes_until_drawn": drawing_bytes,
        "threshold_bytes_on_release": received.take(),
    }


class Received:
    """Bytes that a page has received, over HTTP and over its socket."""

    def __init__(self, network: CDPSession) -> None:
        self._bytes = 0
        network.on("Network.dataReceived", self._add)
        network.on("Network.webSocketFrameReceived", self._add_frame)
        network.send("Network.enable")

    def take(self) -> int:
        """What came since this was asked last."""
        taken, self._bytes = self._bytes, 0
        return taken

    def _add(self, event: dict[str, int]) -> None:
        self._bytes += event["dataLength"]

    def _add_frame(self, event: dict[str, dict[str, str]]) -> None:
        self._bytes += len(event["response"]["payloadData"]) * 3 // 4


@contextmanager
def kept_comparison() -> Iterator[str]:
    """The token of a kept comparison of large images by several methods."""
    variants = [
        Variant("pca-residual", {"stride": 12, "variance": 0.9 - 0.1 * at}, label=f"method {at}")
        for at in range(METHODS)
    ]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "comparison"
        run(large_set(), variants, folder)
        with kept(folder) as token:
            yield token


def large_set() -> DataSet:
    """Noise with a bright square in every test image."""

    def picture(number: int, kind: str) -> Picture:
        def read_mask() -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
            mask = np.zeros(SHAPE, dtype=bool)
            mask[300:360, 400:480] = True
            return mask

        def read() -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
            noise = np.random.default_rng(number).uniform(0.3, 0.6, SHAPE).astype(np.float32)
            return noise if kind == GOOD else np.where(read_mask(), np.float32(0.9), noise)

        return Picture(f"{number}.png", kind, read, None if kind == GOOD else read_mask)

    normal = tuple(picture(number, GOOD) for number in range(5))
    test = tuple(picture(100 + number, "square") for number in range(IMAGES))
    return DataSet("benchmark", normal, test, synthetic=True)


if __name__ == "__main__":
    main()
