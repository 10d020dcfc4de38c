"""What a method costs: time and memory, and whether anything else disturbed the measurement."""

import ctypes
import gc
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from evaluation.comparison.storage import writing

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


RUNNING_FILE = "running"
"""In the folder of a method while it is measured: the number of its process."""
DISTURBED_FILE = "disturbed"


@contextmanager
def alone_in(folder: Path) -> Iterator[Alone]:
    """Notice when another process of this machine measures something in a folder beside this one.

    Then both are disturbed, since they share the processor.
    """
    watch, own = Alone(), folder / RUNNING_FILE
    with writing(own):
        own.write_text(str(os.getpid()))
    for other in folder.parent.glob(f"*/{RUNNING_FILE}"):
        if other != own and _runs_elsewhere(other):
            watch.disturbed = True
            with suppress(OSError):  # it has ended and its folder is gone
                (other.parent / DISTURBED_FILE).touch()
    try:
        yield watch
    finally:
        watch.disturbed |= (folder / DISTURBED_FILE).exists()
        for name in (RUNNING_FILE, DISTURBED_FILE):
            (folder / name).unlink(missing_ok=True)


def _runs_elsewhere(file: Path) -> bool:
    """Whether the process in a file is another one, and still there."""
    with suppress(OSError, ValueError):
        number = int(file.read_text())
        return number != os.getpid() and psutil.pid_exists(number)
    return False


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
    """How far memory rose, in MB."""

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
