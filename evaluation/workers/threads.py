"""How many threads a process computes with: a worker has its share of the cores and no more."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from methods.blas import blas_threads

VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)
"""What the libraries read that are loaded later, and ONNX Runtime where a network is loaded."""

_limit: int | None = None


def limit_threads(count: int) -> None:
    """Let this process compute with `count` threads from now on.

    OpenMP and Numba keep a limit for each thread, so it is the calling thread that is limited in
    libraries that are loaded already.
    """
    global _limit
    _limit = count
    os.environ.update(dict.fromkeys(VARIABLES, str(count)))
    threadpool_limits(count)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(count)
    if "numba" in sys.modules:
        numba = sys.modules["numba"]
        numba.set_num_threads(min(count, numba.config.NUMBA_NUM_THREADS))


@contextmanager
def each_with(count: int) -> Iterator[None]:
    """Let each of several threads of this process compute with `count` threads meanwhile.

    That is so for linear algebra and for networks that are loaded inside. Libraries whose limit
    belongs to a thread are left alone. Detectors limit their small products themselves, but one of
    several threads would lift that limit while others still need it, and large products have none.
    """
    before = {name: os.environ.get(name) for name in VARIABLES}
    os.environ.update(dict.fromkeys(VARIABLES, str(count)))
    try:
        with blas_threads(count):
            yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def cores() -> int:
    """The cores that this process may use: all of the machine until `limit_threads` was called."""
    return _limit or os.cpu_count() or 1
