"""AITEX fabric images (AFID): strips of 4096 x 256 pixels, which are read whole.

Silvestre-Blanes et al., A public fabric database for defect detection methods and results, Autex
2019. ``Defect_images/nnnn_ddd_ff.png`` with a number of the image, a code of the defect and one of
the fabric, ``Mask_images/nnnn_ddd_ff_mask.png`` (``_mask1`` and ``_mask2`` where there are two),
and ``NODefect_images/<fabric>/nnnn_000_ff.png``.
"""

import re

from images.dataset import GOOD
from images.layouts.layout import (
    DEFECT,
    MASK,
    NORMAL,
    Layout,
    Listing,
    Part,
    Reading,
    halved,
    stem,
    tested,
)
from images.layouts.registry import register

KINDS = {
    2: "broken end",
    6: "broken yarn",
    10: "broken pick",
    16: "weft curling",
    19: "fuzzy ball",
    22: "cut selvage",
    23: "crease",
    25: "warp ball",
    27: "knots",
    29: "contamination",
    30: "nep",
    36: "weft crack",
}


@register
class AITEX(Layout):
    """Every second strip without a defect is used for training, since the set has no split."""

    name = "aitex"
    title = "AITEX"
    folders = "NODefect_images, Defect_images and Mask_images"
    anchor = re.compile("nodefectimages|defectimages|maskimages")

    def recognises(self, files: Listing) -> bool:
        tops = set(map(_top, files.images))
        return {"nodefect_images", "defect_images"} <= tops

    def read(self, files: Listing) -> Reading:
        parts: dict[str, Part] = {}
        clean = [name for name in files.names if _top(name) == "nodefect_images"]
        learned = halved(clean)
        for name in files.names:
            if _top(name) == "nodefect_images":
                parts[name] = NORMAL if name in learned else tested(GOOD)
            elif _top(name) == "defect_images":
                parts[name] = tested(_kind(name))
            elif _top(name) == "mask_images":
                parts[name] = MASK
        return Reading(
            parts,
            note="For each fabric, every second strip without a defect is used for training, and "
            "the others are test images.",
        )


def _top(name: str) -> str:
    return name.split("/")[0].casefold()


def _kind(name: str) -> str:
    match = re.match(r"\d+_(\d+)_\d+", stem(name))
    return KINDS.get(int(match[1]), f"defect {match[1]}") if match else DEFECT
