"""Small products of matrices on one core, beside a network that computes on all.

Threads of OpenBLAS and of ONNX Runtime wait by spinning: after a product on two cores the second
one stays taken for a moment, and what a network computes next waits for it, and the other way
round. Products of a few milliseconds gain less from a second core than that costs. Large ones, such
as those of a search among all normal patches, are left alone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any


@contextmanager
def one_core() -> Iterator[None]:
    """Let numpy multiply matrices on one core meanwhile.

    The limit belongs to the process. Of several threads, only the one that has set it first changes
    it for as long as it lives; what others ask for is passed over.
    """
    with _controller().limit(limits=1, user_api="blas"):
        yield


@cache
def _controller() -> Any:
    """What limits the libraries; looked for once, which takes milliseconds."""
    from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

    return ThreadpoolController()
