"""How functions of this package become machine code."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from types import CellType, FunctionType
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])

_BUILDING_BLOCKS = ("vectors.py", "blocks.py")
"""Files with functions that become part of others."""
_SOURCES = sha256(
    b"".join(Path(__file__).with_name(name).read_bytes() for name in _BUILDING_BLOCKS)
).hexdigest()


def compiled(function: F) -> F:
    """Compile to machine code, kept on disk where a folder for it can be written.

    numba takes what it kept as long as the file of the function is the same, though the code holds
    functions of other files too. So the function gets a variable of its closure, which numba
    compares, with a digest of those files.
    """
    code = function.__code__.replace(co_freevars=("sources",))
    stamped = FunctionType(
        code, function.__globals__, function.__name__, None, (CellType(_SOURCES),)
    )
    stamped.__doc__, stamped.__module__ = function.__doc__, function.__module__
    try:
        return cast(F, numba.njit(stamped, nogil=True, cache=True))
    except RuntimeError:
        return cast(F, numba.njit(stamped, nogil=True))


def called(function: F) -> F:
    """Compile for functions that call this one; these keep its code with theirs."""
    return cast(F, numba.njit(function, nogil=True))


def inlined(function: F) -> F:
    """Compile as a part of each function that calls this one."""
    return cast(F, numba.njit(function, inline="always"))
