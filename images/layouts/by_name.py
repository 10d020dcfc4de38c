"""Any set, by the names of its folders and files: what is left when no layout is recognised."""

import re
from collections.abc import Sequence

from images.layouts.layout import TOP, Layout, Listing, Part, Reading
from images.layouts.registry import BY_NAME, register
from images.roles.naming import Place, is_good, places, several_sets


@register
class ByName(Layout):
    """See `images.roles.naming.places` for the words."""

    name = BY_NAME
    title = "Folders by name"
    folders = "any folders"
    anchor = re.compile("")
    by_hand = True

    def sets(self, files: Listing) -> dict[str, Listing]:
        several = several_sets(files.names)
        inner = tuple(f"{root}/" for root in several if root)
        sets = {root.rstrip("/"): files.below(root) for root in inner}
        if not several or "" in several:
            sets[TOP] = files.only(lambda name: not name.startswith(inner)) if inner else files
        return sets

    def recognises(self, files: Listing) -> bool:
        return True

    def read(self, files: Listing) -> Reading:
        given = {name: files.images[name].given.removeprefix(files.root) for name in files.names}
        roles = {given[name]: role for name, role in files.given.items()}
        found = places(list(given.values()), roles)
        return Reading(
            {
                name: Part(
                    place.role,
                    place.kind,
                    place.reason,
                    folder=files.root + place.folder if place.folder else "",
                    warning=place.warning,
                )
                for name, place in zip(given, found, strict=True)
            },
            note=_note(found),
        )


def _note(found: Sequence[Place]) -> str:
    """That folders with good images in each are taken for one set, which they may not be."""
    above = {
        place.folders[:at]
        for place in found
        for at, folder in enumerate(place.folders)
        if place.role == "normal" and is_good(folder)
    }
    folders = sorted("/".join(each) for each in above)
    if len(folders) < 2 or "" in folders:
        return ""
    listed = ", ".join(folders[:5]) + (", ..." if len(folders) > 5 else "")
    return f"The good images of {len(folders)} folders are used together for training: {listed}."
