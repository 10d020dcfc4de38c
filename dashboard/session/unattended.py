"""Comparisons whose browser is gone: they run on, and are kept until somebody comes back for them.

A browser that closes ends its session after minutes. Its comparison may take longer, and its
address is all that a person needs to find it again.
"""

import os
import threading
from collections.abc import Callable
from typing import Protocol

VARIABLE = "ANOMALY_COMPARE_AWAY"
"""The environment variable that sets for how many seconds they are kept."""
SECONDS = 3600.0
MOST = 4
"""Comparisons that are kept at one time, the latest."""


class Leavable(Protocol):
    """What is left."""

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""

    def abandon(self) -> None:
        """Give back memory and disk."""


def away_seconds() -> float:
    """How long a comparison is kept after its end; with 0 it is stopped when it is left."""
    try:
        return max(0.0, float(os.environ.get(VARIABLE, SECONDS)))
    except ValueError:
        return SECONDS


class Unattended:
    """Holds comparisons for a while."""

    def __init__(self, seconds: Callable[[], float] = away_seconds, most: int = MOST) -> None:
        self._seconds = seconds
        self._most = most
        self._held: dict[int, tuple[Leavable, threading.Timer]] = {}
        self._lock = threading.Lock()

    def keep(self, job: Leavable) -> None:
        """Keep a comparison that nobody looks at any more; the oldest beyond the most goes."""
        seconds = self._seconds()
        if not seconds:
            job.abandon()
            return
        self._hold(job, seconds)
        with self._lock:
            beyond = [one for one, _ in self._held.values()][: -self._most]
        for one in beyond:
            self.take(one)
            one.abandon()

    def take(self, job: Leavable) -> None:
        """Somebody looks at a comparison again."""
        with self._lock:
            _, timer = self._held.pop(id(job), (None, None))
        if timer is not None:
            timer.cancel()

    def _hold(self, job: Leavable, seconds: float) -> None:
        timer = threading.Timer(seconds, self._look, (job, seconds))
        timer.daemon = True
        with self._lock:
            self._held[id(job)] = job, timer
        timer.start()

    def _look(self, job: Leavable, seconds: float) -> None:
        """Its time is over: let go of it, or wait as long once more while it runs."""
        with self._lock:
            here = self._held.pop(id(job), None) is not None
        if not here:
            return
        if job.ended:
            job.abandon()
        else:
            self._hold(job, seconds)


UNATTENDED = Unattended()
"""Those of this server."""
