"""Names of layouts and the readers behind them.

A layout stands in a module of its own in this folder, with `@register` on its class; nothing else
has to name it.
"""

from contextlib import suppress

from images.errors import ImageError
from images.layouts.layout import Layout, Listing
from images.registry import Registry, faults_of, instance

BY_NAME = "by-name"
"""The layout that reads every set, by the names of its folders and files."""


class SeveralSetsError(ImageError):
    """The input is several data sets; `sets` are the folders that they are in."""

    def __init__(self, name: str, sets: list[str]) -> None:
        listed = ", ".join(sets[:5]) + (", ..." if len(sets) > 5 else "")
        super().__init__(name, f"holds {len(sets)} data sets ({listed}); expected one")
        self.sets = sets


LAYOUTS: Registry[Layout] = Registry(
    "layout",
    "anomaly_layouts",
    ("images.layouts",),
    entry_of=instance,
    faults=faults_of(Layout, ("name", "title", "folders")),
)
register, names, get = LAYOUTS.register, LAYOUTS.names, LAYOUTS.get


def recognising(files: Listing) -> list[str]:
    """The layouts that recognise sets among some files; first the one with most images in them."""
    counts: dict[str, int] = {}
    for name in names():
        layout = get(name)
        with suppress(ImageError):  # labels that cannot be read are none of the layout's
            sets = {} if layout.by_hand else layout.sets(files)
            if sets and all(map(layout.is_clear, sets.values())):
                counts[name] = sum(len(listing.images) for listing in sets.values())
    return sorted(counts, key=lambda name: -counts[name])
