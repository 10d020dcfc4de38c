"""Names of layouts and the readers behind them.

A layout stands in a module of its own in this folder, with `@register` on its class; nothing else
has to name it.
"""

import importlib
import pkgutil
from contextlib import suppress
from functools import cache
from typing import TypeVar

from images import layouts
from images.errors import ImageError
from images.layouts.layout import Layout, Listing

BY_NAME = "by-name"
"""The layout that reads every set, by the names of its folders and files."""

L = TypeVar("L", bound=type[Layout])

_registered: dict[str, Layout] = {}


class SeveralSetsError(ImageError):
    """The input is several data sets; `sets` are the folders that they are in."""

    def __init__(self, name: str, sets: list[str]) -> None:
        listed = ", ".join(sets[:5]) + (", ..." if len(sets) > 5 else "")
        super().__init__(name, f"holds {len(sets)} data sets ({listed}); expected one")
        self.sets = sets


def register(layout: L) -> L:
    """Class decorator: make the layout known by its `name`."""
    known = _registered.get(layout.name)
    if known is not None and type(known).__qualname__ != layout.__qualname__:
        raise ValueError(f"two layouts are called {layout.name!r}: {type(known)} and {layout}")
    _registered[layout.name] = layout()
    return layout


@cache
def _discover() -> None:
    """Import every module of this folder."""
    for module in pkgutil.iter_modules(layouts.__path__, f"{layouts.__name__}."):
        importlib.import_module(module.name)


def names() -> tuple[str, ...]:
    """The names of all layouts, in alphabetical order."""
    _discover()
    return tuple(sorted(_registered))


def get(name: str) -> Layout:
    """The layout of a name. Raises `ImageError` when there is none."""
    _discover()
    try:
        return _registered[name]
    except KeyError:
        listed = ", ".join(names())
        raise ImageError(name, f"is not a known layout; choose from {listed}") from None


def recognising(files: Listing) -> list[str]:
    """The layouts that recognise sets among some files; first the one with most images in them."""
    counts: dict[str, int] = {}
    for name in names():
        layout = get(name)
        with suppress(ImageError):  # labels that cannot be read are none of the layout's
            if not layout.by_hand and (sets := layout.sets(files)):
                counts[name] = sum(len(listing.images) for listing in sets.values())
    return sorted(counts, key=lambda name: -counts[name])
