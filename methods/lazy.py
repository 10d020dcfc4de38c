"""Handles to modules that are slow to import, so that one is imported when it is first used."""

from importlib import import_module
from typing import Any


class Lazy:
    """Stands for a module: the first attribute that is asked for imports it.

    `importlib.util.LazyLoader` does the same, but in Python 3.11 a second thread can see the module
    half made (CPython issue 114763). `import_module` makes it wait.
    """

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self._module), name)


def lazily(module: str) -> Lazy:
    """A handle to a module, named in full; the module is not imported yet.

    Beside it, the real import stands under ``if TYPE_CHECKING``, so that types are checked.
    A module that cannot be imported raises `ImportError` at its first use.
    """
    return Lazy(module)
