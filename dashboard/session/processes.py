"""Processes in which comparisons run where there are cores to spare.

The interpreter of the server then draws pages and nothing else, and two people who compare at the
same time do not share one. A process that has ended its comparison waits for the next with what it
has loaded.
"""

import os
import threading
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from evaluation.workers.pool import WorkerPool

CORES = os.cpu_count() or 1
ENOUGH = 3
"""Cores from which comparisons run in processes of their own. On two cores a method computes on
both, so a process would only take more memory."""
IDLE = 300.0
"""Seconds after which a process ends that no comparison has needed."""


class Workers:
    """Lends a process to each comparison, or none where there are too few cores."""

    def __init__(self, cores: int = CORES, idle: float = IDLE) -> None:
        self._cores = cores
        self._idle_seconds = idle
        self._idle: dict[WorkerPool, threading.Timer] = {}
        self._lock = threading.Lock()

    @contextmanager
    def lend(self) -> Iterator[Executor | None]:
        """The process for one comparison; None where it shall run in this one.

        All cores but one are for the methods, one is for the pages.
        """
        if self._cores < ENOUGH:
            yield None
            return
        pool = self._take()
        try:
            yield pool
        finally:
            self._keep(pool)

    def _take(self) -> WorkerPool:
        with self._lock:
            if self._idle:
                pool, timer = self._idle.popitem()
                timer.cancel()
                return pool
        return WorkerPool(1, threads=self._cores - 1)

    def _keep(self, pool: WorkerPool) -> None:
        timer = threading.Timer(self._idle_seconds, self._end, (pool,))
        timer.daemon = True
        with self._lock:
            self._idle[pool] = timer
        timer.start()

    def _end(self, pool: WorkerPool) -> None:
        with self._lock:
            unused = self._idle.pop(pool, None) is not None
        if unused:
            pool.shutdown()


WORKERS = Workers()
