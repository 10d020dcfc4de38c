"""Progress between the layers of a network, so that a person can stop one that is slow."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

PAUSE = 0.1
"""Seconds between two calls at least."""

_LAYERS = {torch.conv2d, torch.conv_transpose2d, functional.linear}
"""What takes time in a network, forwards and backwards."""


@contextmanager
def interruptible(tell: Callable[[], None]) -> Iterator[None]:
    """Call `tell` before each layer that this thread computes, forwards and backwards.

    It is called at most every tenth of a second. What it raises, such as `Cancelled`, ends the
    pass. On a GPU, where a pass takes milliseconds, only forward passes call it.
    """
    with _Interruptible(tell):
        yield


class _Interruptible(TorchFunctionMode):
    def __init__(self, tell: Callable[[], None]) -> None:
        super().__init__()
        self._tell = tell
        self._told = time.monotonic()

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        if func not in _LAYERS:
            return func(*args, **(kwargs or {}))
        self._look()
        made = func(*args, **(kwargs or {}))
        if isinstance(made, Tensor) and made.requires_grad and not made.is_cuda:
            made.register_hook(self._backwards)  # type: ignore[no-untyped-call]
        return made

    def _backwards(self, gradient: Tensor) -> None:
        self._look()

    def _look(self) -> None:
        if time.monotonic() - self._told >= PAUSE:
            self._tell()
            self._told = time.monotonic()
