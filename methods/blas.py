"""Small products of matrices on one core, beside a network that computes on all.

Threads of OpenBLAS and of ONNX Runtime wait by spinning: after a product on two cores the second
one stays taken for a moment, and what a network computes next waits for it, and the other way
round. Products of a few milliseconds gain less from a second core than that costs. Large ones, such
as those of a search among all normal patches, are left alone.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from typing import Any


def one_core() -> AbstractContextManager[None]:
    """Let numpy multiply matrices on one core meanwhile; see `blas_threads`."""
    return blas_threads(1)


@contextmanager
def blas_threads(count: int) -> Iterator[None]:
    """Let numpy multiply matrices with `count` threads meanwhile. Cost: 20 microseconds.

    The limit belongs to the process. Of several threads, only the one that has set it first changes
    it for as long as it lives; what others ask for is passed over. So where several threads score
    images, another limit lies around them all.
    """
    with _controller().limit(limits=count, user_api="blas"):
        yield


@cache
def _controller() -> Any:
    """What limits the libraries; looked for once, which takes milliseconds."""
    from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

    return ThreadpoolController()
