"""What a method costs: time and memory, and whether anything else disturbed the measurement."""

import ctypes
import gc
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil

_lock = threading.Lock()
_running: set["Alone"] = set()


class Alone:
    """Whether nothing else was measured in this process meanwhile."""

    def __init__(self) -> None:
        self.disturbed = False


@contextmanager
def alone() -> Iterator[Alone]:
    """Notice when two measurements run at one time: then both are disturbed."""
    watch = Alone()
    with _lock:
        _running.add(watch)
        if len(_running) > 1:
            for each in _running:
                each.disturbed = True
    try:
        yield watch
    finally:
        with _lock:
            _running.remove(watch)


class Stopwatch:
    """Seconds that something took."""

    seconds = 0.0


@contextmanager
def stopwatch() -> Iterator[Stopwatch]:
    """Measure the time that what is inside takes."""
    watch, begin = Stopwatch(), time.perf_counter()
    yield watch
    watch.seconds = time.perf_counter() - begin


class MemoryWatch:
    """The increase in memory, in MB."""

    rise_mb = 0.0


@contextmanager
def peak_memory() -> Iterator[MemoryWatch]:
    """Watch how far the memory of this process rises above where it stood at the start.

    What was freed before is given back first, so that what ran before does not hide the rise.
    """
    gc.collect()
    return_memory()
    process = psutil.Process()
    start = process.memory_info().rss
    watch, stop = MemoryWatch(), threading.Event()

    def look() -> None:
        while not stop.wait(0.05):
            watch.rise_mb = max(watch.rise_mb, (process.memory_info().rss - start) / 2**20)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        stop.set()
        thread.join()


def return_memory() -> None:
    """Give back to the system what was freed, where the C library keeps it (glibc does)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)
