"""Where a network computes, on one core, and with the same sums each time."""

import ctypes
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import torch
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]


@contextmanager
def one_thread() -> Iterator[None]:
    """Let the calling thread work with one processor core; no other thread notices.

    On networks this small a second core gains little and costs tenfold where the cores are busy,
    and weights must not depend on their number. OpenMP and MKL, which torch computes with, both
    keep a limit for each thread, unlike `torch.set_num_threads`, which sets it for the whole
    process.
    """
    torch.get_num_threads()  # the first call in a thread sets its limit, later ones only read it
    limit_mkl = _mkl_limit()
    before = limit_mkl(1) if limit_mkl else 0
    try:
        with threadpool_limits(1, user_api="openmp"):
            yield
    finally:
        if limit_mkl:
            limit_mkl(before)


@cache
def _mkl_limit() -> Callable[[int], int] | None:
    """MKL's function that limits the calling thread and gives the limit before, 0 for none.

    None where torch comes without MKL, which then follows OpenMP or has no threads.
    """
    library = Path(torch.__file__).parent / "lib" / "libtorch_cpu.so"
    try:
        found: Callable[[int], int] = ctypes.CDLL(str(library)).MKL_Set_Num_Threads_Local
    except (OSError, AttributeError):
        return None
    return found


@contextmanager
def deterministic() -> Iterator[None]:
    """One core, and the same sums on a GPU each time.

    The choice for GPUs belongs to the whole process: the first of several threads makes it and the
    last one takes it back.
    """
    with one_thread(), _CUDNN:
        yield


class _DeterministicCudnn:
    """cuDNN's choice of algorithms, held while at least one thread is inside."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._before = False

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._before = torch.backends.cudnn.deterministic
                torch.backends.cudnn.deterministic = True
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                torch.backends.cudnn.deterministic = self._before


_CUDNN = _DeterministicCudnn()


def device() -> torch.device:
    """The first GPU when torch sees one, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
