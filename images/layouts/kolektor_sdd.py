"""Kolektor surface-defect dataset (KolektorSDD): electrical commutators.

Tabernik et al., Segmentation-based deep-learning approach for surface-defect detection, JIM 2020.
Fifty items ``kos01`` to ``kos50``, each with images ``Part0.jpg`` to ``Part7.jpg`` of its surface
and a mask ``Part0_label.bmp`` for each, which is black where there is no defect.
"""

import re

from images.dataset import GOOD
from images.layouts.layout import DEFECT, MASK, NORMAL, Layout, Listing, Reading, tested
from images.layouts.registry import register
from images.roles.naming import folded, split_name


@register
class KolektorSDD(Layout):
    """The normal images of every second item are used for training, all other images for
    testing."""

    name = "kolektor-sdd"
    title = "KolektorSDD"
    folders = "kos01, kos02, ... with Part0.jpg and Part0_label.bmp in them"
    anchor = re.compile(r"kos\d+")

    def recognises(self, files: Listing) -> bool:
        return any(re.fullmatch(r"kos\d+/part\d+_label", key) for key in _by_key(files))

    def read(self, files: Listing) -> Reading:
        by_key = _by_key(files)
        items = list(dict.fromkeys(name.split("/")[0] for name in files.names))
        parts = {}
        for key, name in by_key.items():
            mask = by_key.get(f"{key}_label")
            marked = None if mask is None else files.marks(mask)
            if key.endswith("_label"):
                parts[name] = MASK
            elif marked is None:
                parts[name] = tested(None)
            elif marked:
                parts[name] = tested(DEFECT)
            else:
                learned = items.index(name.split("/")[0]) % 2 == 0
                parts[name] = NORMAL if learned else tested(GOOD)
        return Reading(
            parts,
            note="An image is defective if its mask is not empty. The normal images of every "
            "second item are used for training.",
        )


def _by_key(files: Listing) -> dict[str, str]:
    """The names of images without their ending, folded, each with the whole name."""
    found = {}
    for name in files.names:
        folders, stem = split_name(name)
        found[folded("/".join([*folders, stem]))] = name
    return found
