"""Small products of matrices on one core, beside a network that computes on all.

Threads of OpenBLAS and of ONNX Runtime wait by spinning: after a product on two cores the second
one stays taken for a moment, and what a network computes next waits for it, and the other way
round. Products of a few milliseconds gain less from a second core than that costs. Large ones, such
as those of a search among all normal patches, are left alone.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

_lock = threading.Lock()
_inside = 0
_limit: Any = None


@cache
def _controller() -> Any:
    """What limits the libraries; looked for once, which takes milliseconds."""
    from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

    return ThreadpoolController()


@contextmanager
def one_core() -> Iterator[None]:
    """Let numpy multiply matrices on one core meanwhile.

    The limit belongs to the process: the first of several threads sets it, the last one lifts it.
    """
    global _inside, _limit
    with _lock:
        if _inside == 0:
            _limit = _controller().limit(limits=1, user_api="blas")
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                _limit.restore_original_limits()
