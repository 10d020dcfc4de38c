"""Progress on stderr: of a comparison, and of anything that goes through files."""

import time

from evaluation.comparison.comparison import Event, Failure, MethodResult
from evaluation.comparison.outlook import Outlook
from evaluation.comparison.tuned import duration
from evaluation.estimate import about
from evaluation.terminal import TERMINAL, USUAL_WIDTH
from images.words import count


class ProgressLine:
    """One line that is rewritten on a terminal; elsewhere a line for each quarter of a method.

    `heading` is printed once, when the work has begun. With an outlook, a terminal also shows the
    time that is left for all methods, where there are several.
    """

    def __init__(self, heading: str = "", outlook: Outlook | None = None) -> None:
        self._heading = heading
        self._outlook = outlook
        self._shown: list[str] = []

    def __call__(self, event: Event) -> None:
        if self._heading:
            TERMINAL.say(self._heading)
            self._heading = ""
        if self._outlook is not None:
            self._outlook.hear(event)
        percent = int(event.fraction * 100)
        if not TERMINAL.rewrites:
            percent -= percent % 25
        parts = [f"{event.label}: {event.phase} {percent} %"]
        if TERMINAL.rewrites:
            parts += self._details(event)
        if parts == self._shown:
            return
        self._shown = parts
        if not TERMINAL.rewrites:
            TERMINAL.say(parts[0])
            return
        TERMINAL.rewrite(*parts)
        if event.phase == "done":
            TERMINAL.leave()

    def _details(self, event: Event) -> list[str]:
        """What a terminal tells besides, as far as there is room."""
        parts = []
        if event.seconds_left is not None and event.phase != "done":
            parts.append(f", {duration(event.seconds_left)} left")
            if self._outlook is not None and self._outlook.several:
                parts.append(f", {about(*self._outlook.range)} for all")
        if event.note:
            parts.append(f" ({event.note})")
        return parts


def announce(result: MethodResult | Failure) -> None:
    """Say so when a method failed."""
    if isinstance(result, Failure):
        TERMINAL.say(f"{result.variant.label} failed: {result.reason}")


class FilesLine:
    """How many of some files are done, how quickly and how long the others take.

    A line that is rewritten on a terminal, four times a second at most; elsewhere a line for each
    tenth of the files, or for each `LINE_SECONDS` where nobody knows how many there are.
    """

    LINE_SECONDS = 60.0
    BAR = 24
    """Letters of the bar, which only a terminal of the usual width has room for."""

    def __init__(self) -> None:
        self._begin = self._told = time.monotonic()
        self._tenth = 0

    def __call__(self, done: int, total: int | None, note: str) -> None:
        """`done` of `total` files; `note` is what has come of them."""
        now = time.monotonic()
        if TERMINAL.rewrites:
            if now - self._told >= 0.25 or done == total:
                self._told = now
                TERMINAL.rewrite(*self._parts(done, total, note, now))
            return
        tenth = 10 * done // total if total else 0
        if tenth > self._tenth or (not total and now - self._told >= self.LINE_SECONDS):
            self._told, self._tenth = now, tenth
            TERMINAL.say("".join(self._parts(done, total, note, now)))

    def _parts(self, done: int, total: int | None, note: str, now: float) -> list[str]:
        """The line, first what is told in any case."""
        rate = done / max(now - self._begin, 1e-9)
        pace, note = f", {rate:.3g} a second", f", {note}"
        if not total:
            return [count(done, "file"), pace, note]
        filled = self.BAR * min(done, total) // total
        bar = (
            f"[{'#' * filled}{'.' * (self.BAR - filled)}] " if TERMINAL.width >= USUAL_WIDTH else ""
        )
        left = f", {(total - done) / rate:.0f} s left" if 0 < done < total else ""
        return [f"{bar}{done:,} of {count(total, 'file')}", left, note, pace]
