"""Any set, by the names of its folders and files: what is left when no layout is recognised."""

import re

from images.layouts.layout import Layout, Listing, Part, Reading
from images.layouts.registry import BY_NAME, register
from images.naming import places, several_sets


@register
class ByName(Layout):
    """See `images.naming.places` for the words."""

    name = BY_NAME
    title = "Folders by name"
    folders = "any folders"
    anchor = re.compile("")
    by_hand = True

    def sets(self, files: Listing) -> dict[str, Listing]:
        several = several_sets(files.names)
        return {root: files.below(f"{root}/") for root in several} if several else {"": files}

    def recognises(self, files: Listing) -> bool:
        return True

    def read(self, files: Listing) -> Reading:
        return Reading(
            {
                place.name: Part(
                    place.role,
                    place.kind,
                    place.reason,
                    folder=files.root + place.folder if place.folder else "",
                    warning=place.warning,
                )
                for place in places(files.names, files.given)
            }
        )
