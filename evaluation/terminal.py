"""What is told on stderr: sentences, and on a terminal one line that is rewritten."""

import os
import sys
from textwrap import fill

STOPPED = 130
"""The exit code of a command that a person has stopped."""
USUAL_WIDTH = 80
"""Letters in a row of a terminal that does not say how wide it is."""


class Terminal:
    """Sentences and the line that is rewritten, which keep off each other."""

    def __init__(self) -> None:
        self._standing = 0
        """Letters of the line that the next one replaces."""

    @property
    def rewrites(self) -> bool:
        """Whether a line can be rewritten; a log keeps all that is written."""
        return sys.stderr.isatty()

    @property
    def width(self) -> int:
        """Letters in a row."""
        try:
            return os.get_terminal_size(sys.stderr.fileno()).columns or USUAL_WIDTH
        except (OSError, ValueError):  # no terminal
            return USUAL_WIDTH

    def rewrite(self, *parts: str) -> None:
        """Write the parts that fit in one row instead of the line before.

        The first one is cut where it alone is too long. Lines that are wrapped could not be
        replaced.
        """
        room = self.width - 1
        text = parts[0][:room]
        for part in parts[1:]:
            if len(text) + len(part) > room:
                break
            text += part
        before = min(self._standing, room)
        print("\r" + text.ljust(before), end="", file=sys.stderr, flush=True)
        if before > len(text):  # so that what a person types stands behind the line
            print("\r" + text, end="", file=sys.stderr, flush=True)
        self._standing = len(text)

    def leave(self) -> None:
        """Let the line stand; what follows is written below it."""
        if self._standing:
            print(file=sys.stderr, flush=True)
        self._standing = 0

    def say(self, sentence: str) -> None:
        """Write a sentence in the place of the line, if one stands."""
        if self._standing:
            blank = " " * min(self._standing, self.width - 1)
            print(f"\r{blank}\r", end="", file=sys.stderr)
        self._standing = 0
        print(self._wrapped(sentence), file=sys.stderr, flush=True)

    def _wrapped(self, text: str) -> str:
        """Rows that break between words; a log keeps each sentence on one."""
        if not self.rewrites:
            return text
        return "\n".join(
            fill(line, self.width, break_long_words=False, break_on_hyphens=False)
            for line in text.splitlines()
        )


TERMINAL = Terminal()
"""The one that this process has."""


def stopped() -> int:
    """Say that a person has stopped the command; returns its exit code."""
    TERMINAL.leave()
    TERMINAL.say("Stopped.")
    return STOPPED
