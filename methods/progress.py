"""Progress of a long computation, and the way to stop it.

A computation calls ``progress(fraction)`` with fractions that rise from 0 to 1, at least every half
second. The caller stops it by raising `Cancelled` from inside that call.
"""

from collections.abc import Callable

Progress = Callable[[float], None]


class Cancelled(Exception):
    """Raised by a progress callback to stop the computation that called it."""


def no_progress(fraction: float) -> None:
    """Report to nobody."""


def span(progress: Progress, start: float, stop: float) -> Progress:
    """Progress of a part that takes the whole from `start` to `stop`."""
    return lambda fraction: progress(start + (stop - start) * fraction)
