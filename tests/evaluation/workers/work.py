"""Units of work for workers of tests, which import them by name."""

import os
import signal
import sys
import time
from pathlib import Path

import numpy as np

from evaluation.workers.threads import cores


def power(base: int, exponent: int = 2) -> int:
    print("what is printed is no answer")
    return int(base**exponent)


def refuse(text: str) -> None:
    raise ValueError(text)


class Stubborn(Exception):
    """Cannot be read back from its pickle."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(one + other)


def refuse_stubbornly() -> None:
    raise Stubborn("no ", "way")


def die_until(attempt: int, folder: Path) -> int:
    """Ends its process in all attempts before one; gives the number of attempts."""
    (folder / f"{time.time_ns()} {os.getpid()}").touch()
    count = len(list(folder.iterdir()))
    if count < attempt:
        os.kill(os.getpid(), signal.SIGKILL)
    return count


def fill(megabytes: int) -> int:
    filled = np.ones((megabytes, 2**20), dtype=np.uint8)
    time.sleep(20)
    return len(filled)


def facts() -> tuple[int, str, str, str]:
    main = sys.modules["__main__"].__spec__
    return cores(), os.environ["OMP_NUM_THREADS"], main.name if main else "", os.environ["TMPDIR"]


def sleep(seconds: float, started: Path) -> None:
    started.touch()
    time.sleep(seconds)
