"""The queue in which comparisons, searches and learning curves wait for their turn."""

import threading
from typing import Protocol


class Queued(Protocol):
    """What waits in a queue."""

    cancelled: bool


class JobQueue:
    """Lets jobs through in the order in which they came, a few at a time."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._line: list[Queued] = []
        self._changed = threading.Condition()

    def enter(self, job: Queued) -> None:
        """Take a place at the end of the line."""
        with self._changed:
            self._line.append(job)

    def ahead(self, job: Queued) -> int:
        """How many jobs must end before this one begins."""
        with self._changed:
            return max(0, self._line.index(job) + 1 - self._at_once) if job in self._line else 0

    def wait(self, job: Queued) -> None:
        """Return when it is the job's turn, or when it was cancelled."""
        with self._changed:
            self._changed.wait_for(lambda: job.cancelled or self._line.index(job) < self._at_once)

    def leave(self, job: Queued) -> None:
        """Make room for the next."""
        with self._changed:
            self._line.remove(job)
            self._changed.notify_all()

    def wake(self) -> None:
        """Let waiting jobs see that they were cancelled."""
        with self._changed:
            self._changed.notify_all()
