"""Progress of a long computation, and the way to stop it.

A computation calls ``progress(fraction)`` with fractions that rise from 0 to 1, at least every half
second; ``note`` says in a few words what is worth seeing meanwhile, such as the loss of a training.
The caller stops it by raising `Cancelled` from inside that call.
"""

from typing import Protocol


class Progress(Protocol):
    """Told how far a computation is."""

    def __call__(self, fraction: float, note: str = "") -> None:
        """Take note that `fraction` of the whole is done."""


class Cancelled(Exception):
    """Raised by a progress callback to stop the computation that called it."""


def no_progress(fraction: float, note: str = "") -> None:
    """Report to nobody."""


def span(progress: Progress, start: float, stop: float) -> Progress:
    """Progress of a part that takes the whole from `start` to `stop`."""

    def part(fraction: float, note: str = "") -> None:
        progress(start + (stop - start) * fraction, note)

    return part


class Repeating:
    """Progress that can be told once more where it stands, which gives a chance to stop."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._last = (0.0, "")

    def __call__(self, fraction: float, note: str = "") -> None:
        self._last = (fraction, note)
        self._progress(fraction, note)

    def again(self) -> None:
        """Repeat what was told last."""
        self._progress(*self._last)
