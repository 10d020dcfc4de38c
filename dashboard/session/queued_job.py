"""What works in the background in a thread of its own, in turn with others, and can be stopped."""

import threading
from abc import ABC, abstractmethod

from dashboard.session.job_queue import JobQueue
from dashboard.session.progress import JobState


class QueuedJob(ABC):
    """A job with a place in a queue; a subclass calls `_begin` when it is ready to work."""

    def __init__(self, queue: JobQueue, name: str) -> None:
        self.state: JobState = "waiting"
        self.failure = ""
        """Why it came to nothing, in a sentence."""
        self.cancelled = False
        self._queue = queue
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self.state in ("finished", "cancelled", "failed")

    @property
    def ahead(self) -> int:
        """How many jobs must end before this one begins."""
        return self._queue.ahead(self)

    def cancel(self) -> None:
        """Stop as soon as what runs reports progress; what was found before is kept."""
        self.cancelled = True
        self._queue.wake()

    def wait(self, seconds: float) -> bool:
        """Wait until nothing more will come; returns whether that was so in time."""
        self._thread.join(seconds)
        return self.ended

    def _begin(self) -> None:
        """Take a place in the queue and start the thread."""
        self._queue.enter(self)
        self._thread.start()

    @abstractmethod
    def _work(self) -> None:
        """Wait for the turn, work, and leave the queue."""
