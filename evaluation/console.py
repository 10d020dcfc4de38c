"""Progress of a comparison on stderr."""

import sys

from evaluation.comparison.comparison import Event, Failure, MethodResult

WIDTH = 100
"""Letters that a line on a terminal covers, so that nothing of the last one is left."""


class ProgressLine:
    """One line that is rewritten on a terminal; elsewhere a line for each quarter of a method.

    `heading` is printed once, when the work has begun.
    """

    def __init__(self, heading: str = "") -> None:
        self._heading = heading
        self._shown = ""

    def __call__(self, event: Event) -> None:
        if self._heading:
            print(self._heading, file=sys.stderr)
            self._heading = ""
        percent = int(event.fraction * 100)
        on_terminal = sys.stderr.isatty()
        if not on_terminal:
            percent -= percent % 25
        line = f"{event.label}: {event.phase} {percent} %"
        if on_terminal and event.seconds_left is not None and event.phase != "done":
            line += f", {event.seconds_left:.0f} s left"
        if on_terminal and event.note:
            line += f" ({event.note})"
        if line != self._shown:
            self._shown = line
            end = "\r" if on_terminal and event.phase != "done" else "\n"
            print(line.ljust(WIDTH if on_terminal else 0), end=end, file=sys.stderr, flush=True)


def announce(result: MethodResult | Failure) -> None:
    """Say so when a method failed."""
    if isinstance(result, Failure):
        print(f"{result.variant.label} failed: {result.reason}", file=sys.stderr)
