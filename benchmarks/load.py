"""Many people at once, measured with real browsers: `python -m benchmarks.load`.

Each hands in images of their own, runs the methods that a new person finds chosen and goes from
page to page meanwhile; a pause is the time from a press until the heading of the next page is
there. Then they keep their results and leave, one more leaves in the middle of a run, and the
server is killed in the middle of another and started again. Prints one JSON line:

people, finished      how many began, and for how many every method finished
leaked                names and pictures of others seen; folders, files and work left behind
longest_pause_s       the longest time in which a page did not answer
longest_health_s      the same of the server's answer to a question that draws nothing
mb_before, mb_after   memory of the server after a first person has left, and after all have
peak_mb               the most that it took meanwhile
reopened              kept comparisons that open whole after the server was killed
elsewhere             addresses other than this machine's that the server listens on
"""

import argparse
import json
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
from playwright.sync_api import Browser, expect

from dashboard.session.address import PARAMETER
from dashboard.session.kept import KEPT
from dashboard.session.unattended import VARIABLE
from evaluation.comparison.comparison import Comparison
from tests.browser.crowd import DEFECTIVE, NAMES, Person
from tests.browser.person import drawn_pictures, sidebar
from tests.browser.server import Server, chromium, serving

SIDE = 256
AWAY_SECONDS = 4
"""For half of which the server waits for a browser to come back; four minutes by default."""
SLOW = ["autoencoder"]
"""What runs for so long that there is a middle to leave in."""
PATIENCE_SECONDS = 60
IDLE_PERCENT = 5.0
HELD = "cache_memory_bytes"
"""What Streamlit calls its figures of what it holds, by their kind."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Many people at once.")
    parser.add_argument("--people", type=int, default=len(NAMES), choices=range(1, 9))
    parser.add_argument("--methods", default="", help="names; by default those found chosen")
    parser.add_argument("--side", type=int, default=SIDE, help="of the images, pixels")
    options = parser.parse_args()
    methods = [name for name in options.methods.split(",") if name]
    expect.set_options(timeout=PATIENCE_SECONDS * 1000)
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        crowd = Crowd(browser, Path(folder), methods, options.side)
        found = crowd.measure(options.people)
    print(json.dumps({name: round(value, 3) for name, value in found.items()}))


class Crowd:
    """People with one server, whose results and temporary files lie in a folder."""

    def __init__(self, browser: Browser, folder: Path, methods: Sequence[str], side: int) -> None:
        self._browser = browser
        self._folder = folder
        self._methods = methods
        self._side = side
        self._temporary = folder / "temporary"
        self._temporary.mkdir()
        self._visits = 0

    def measure(self, people: int) -> dict[str, float]:
        """The figures."""
        with self._serving() as server:
            elsewhere = listens_elsewhere(server)
            self._first(server)
            before = megabytes(server)
            with peak_megabytes(server) as peak:
                found, tokens = self._together(server, people)
            left = self._left_behind(server)
            after = megabytes(server)
            left += self._leave_in_the_middle(server)
            self._kill_in_the_middle(server)
        with self._serving() as server:
            reopened = sum(self._opens_whole(server, token) for token in tokens)
        return found | {
            "leaked": found["seen_of_others"] + left,
            "mb_before": before,
            "peak_mb": peak[0],
            "mb_after": after,
            "reopened": reopened,
            "elsewhere": elsewhere,
        }

    @contextmanager
    def _serving(self) -> Iterator[Server]:
        away = str(AWAY_SECONDS)
        environment = {"TMPDIR": str(self._temporary), VARIABLE: "0"}
        with serving(self._folder, environment, "--server.disconnectedSessionTTL", away) as server:
            yield server

    def _person(self, server: Server, number: int) -> Person:
        return self._arrive(server, number, self._side, self._methods)

    def _arrive(self, server: Server, number: int, side: int, methods: Sequence[str]) -> Person:
        self._visits += 1
        person = Person(self._browser, number, self._folder / f"visit-{self._visits}", side)
        person.arrive(server.address, methods)
        return person

    def _first(self, server: Server) -> None:
        """One person alone, after whom everything that is loaded once is loaded."""
        person = self._person(server, 0)
        person.start()
        person.wait()
        person.leave()
        self._left_behind(server)

    def _together(self, server: Server, people: int) -> tuple[dict[str, float], list[str]]:
        crowd = [self._person(server, number) for number in range(people)]
        begin = time.monotonic()
        for person in crowd:
            person.start()
            person.watch()
        for person in crowd:
            person.wait()
        seconds = time.monotonic() - begin
        watched = [person.watched() for person in crowd]
        seen = sum(person.seen_of_others() for person in crowd)
        tokens = [person.keep() for person in crowd]
        kept = [Comparison.open(self._folder / KEPT / token) for token in tokens]
        for person, comparison in zip(crowd, kept, strict=True):
            seen += person.foreign_in(comparison)
            person.leave()
        return {
            "people": people,
            "finished": sum(not comparison.failures for comparison in kept),
            "seconds": seconds,
            "longest_pause_s": max(pause for pause, _, _ in watched),
            "longest_health_s": max(health for _, health, _ in watched),
            "presses": sum(presses for _, _, presses in watched),
            "seen_of_others": seen,
        }, tokens

    def _leave_in_the_middle(self, server: Server) -> int:
        """How much is left behind by a person who closes the browser in the middle of a run."""
        person = self._arrive(server, 1, SIDE, SLOW)
        person.start()
        self._until_it_learns(person)
        person.leave()
        return self._left_behind(server)

    def _kill_in_the_middle(self, server: Server) -> None:
        person = self._arrive(server, 2, SIDE, SLOW)
        person.start()
        self._until_it_learns(person)
        server.process.kill()
        server.process.wait()
        person.leave()

    def _until_it_learns(self, person: Person) -> None:
        expect(sidebar(person.page).get_by_text("training on normal images")).to_be_visible()

    def _left_behind(self, server: Server) -> int:
        """How many folders are left, and whether files and work are, though all are long gone."""
        process = psutil.Process(server.process.pid)

        def left() -> int:
            busy = process.cpu_percent(1) > IDLE_PERCENT
            folders = list(self._temporary.glob("anomaly-compare-*"))
            return len(folders) + busy + holds_uploads(server)

        time.sleep(AWAY_SECONDS)
        until(lambda: left() == 0, PATIENCE_SECONDS)
        return left() + len(process.children())

    def _opens_whole(self, server: Server, token: str) -> bool:
        kept = Comparison.open(self._folder / KEPT / token)
        for result in kept.results:
            assert len(list(result.maps)) == DEFECTIVE
        page = self._browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{server.address}/compare?{PARAMETER}={token}")
        expect(drawn_pictures(page)).to_have_count(DEFECTIVE * (2 + len(kept.results)))
        page.close()
        return not kept.failures


def listens_elsewhere(server: Server) -> int:
    """How many sockets listen for other machines."""
    sockets = psutil.Process(server.process.pid).net_connections("inet")
    listening = {each.laddr.ip for each in sockets if each.status == psutil.CONN_LISTEN}
    assert listening
    return len(listening - {"127.0.0.1", "::1"})


def holds_uploads(server: Server) -> bool:
    """Whether Streamlit still has files that somebody handed in."""
    with urllib.request.urlopen(f"{server.address}/_stcore/metrics?families={HELD}") as answer:
        return '"UploadedFileManager"' in answer.read().decode()


def megabytes(server: Server) -> float:
    """Memory of the server."""
    return psutil.Process(server.process.pid).memory_info().rss / 2**20


@contextmanager
def peak_megabytes(server: Server) -> Iterator[list[float]]:
    """The most memory that the server takes meanwhile, as the only item of a list."""
    peak, stop = [0.0], threading.Event()

    def look() -> None:
        while not stop.wait(0.1):
            peak[0] = max(peak[0], megabytes(server))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield peak
    finally:
        stop.set()
        thread.join()


def until(done: Callable[[], bool], seconds: float) -> None:
    """Wait until something is done, but not for ever."""
    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        time.sleep(0.2)


if __name__ == "__main__":
    main()
