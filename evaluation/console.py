"""Progress on stderr: of a comparison, and of anything that goes through files."""

import sys
import time

from evaluation.comparison.comparison import Event, Failure, MethodResult
from evaluation.comparison.outlook import Outlook
from evaluation.comparison.tuned import duration
from images.words import count

WIDTH = 100
"""Letters that a line on a terminal covers, so that nothing of the last one is left."""


class ProgressLine:
    """One line that is rewritten on a terminal; elsewhere a line for each quarter of a method.

    `heading` is printed once, when the work has begun. With an outlook, a terminal also shows the
    time that is left for all methods, where there are several.
    """

    def __init__(self, heading: str = "", outlook: Outlook | None = None) -> None:
        self._heading = heading
        self._outlook = outlook
        self._shown = ""

    def __call__(self, event: Event) -> None:
        if self._heading:
            print(self._heading, file=sys.stderr)
            self._heading = ""
        if self._outlook is not None:
            self._outlook.hear(event)
        percent = int(event.fraction * 100)
        on_terminal = sys.stderr.isatty()
        if not on_terminal:
            percent -= percent % 25
        line = f"{event.label}: {event.phase} {percent} %"
        if on_terminal and event.seconds_left is not None and event.phase != "done":
            line += f", {duration(event.seconds_left)} left"
            if self._outlook is not None and self._outlook.several:
                line += f", {duration(self._outlook.left)} for all"
        if on_terminal and event.note:
            line += f" ({event.note})"
        if line != self._shown:
            self._shown = line
            end = "\r" if on_terminal and event.phase != "done" else "\n"
            line = line[:WIDTH] if on_terminal else line
            print(line.ljust(WIDTH if on_terminal else 0), end=end, file=sys.stderr, flush=True)


def announce(result: MethodResult | Failure) -> None:
    """Say so when a method failed."""
    if isinstance(result, Failure):
        print(f"{result.variant.label} failed: {result.reason}", file=sys.stderr)


class FilesLine:
    """How many of some files are done, how quickly and how long the others take.

    A line that is rewritten on a terminal, four times a second at most; elsewhere a line for each
    tenth of the files, or for each `LINE_SECONDS` where nobody knows how many there are.
    """

    LINE_SECONDS = 60.0
    BAR = 24
    """Letters of the bar."""

    def __init__(self) -> None:
        self._begin = self._told = time.monotonic()
        self._tenth = 0
        self._shown = False

    def __call__(self, done: int, total: int | None, note: str) -> None:
        """`done` of `total` files; `note` is what has come of them."""
        now = time.monotonic()
        if sys.stderr.isatty():
            if now - self._told >= 0.25 or done == total:
                self._told, self._shown = now, True
                line = self._text(done, total, note, now)
                print(line.ljust(WIDTH), end="\r", file=sys.stderr, flush=True)
            return
        tenth = 10 * done // total if total else 0
        if tenth > self._tenth or (not total and now - self._told >= self.LINE_SECONDS):
            self._told, self._tenth = now, tenth
            print(self._text(done, total, note, now), file=sys.stderr, flush=True)

    def say(self, sentence: str) -> None:
        """A sentence on a line of its own."""
        self.end()
        print(sentence, file=sys.stderr, flush=True)

    def end(self) -> None:
        """Leave the line as it is."""
        if self._shown:
            print(file=sys.stderr)
            self._shown = False

    def _text(self, done: int, total: int | None, note: str, now: float) -> str:
        rate = done / max(now - self._begin, 1e-9)
        if not total:
            return f"{count(done, 'file')}, {rate:.3g} a second, {note}"
        filled = self.BAR * min(done, total) // total
        bar = "#" * filled + "." * (self.BAR - filled)
        left = f", {(total - done) / rate:.0f} s left" if 0 < done < total else ""
        return f"[{bar}] {done:,} of {count(total, 'file')}, {rate:.3g} a second{left}, {note}"
