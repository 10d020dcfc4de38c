"""Kolektor surface-defect dataset 2 (KolektorSDD2).

Bozic et al., Mixed supervision for surface-defect detection, Computers in Industry 2021. ``train``
and ``test`` hold images ``10000.png``, each with a mask ``10000_GT.png`` that is black where there
is no defect; some images of ``train`` are defective.
"""

import re

from images.dataset import GOOD
from images.layouts.layout import DEFECT, MASK, NORMAL, Layout, Listing, Reading, tested, unused
from images.layouts.registry import register

MASK_NAME = re.compile(r"(?P<image>(?:train|test)/[^/]+)_gt", re.IGNORECASE)


@register
class KolektorSDD2(Layout):
    """The defective images of ``train`` are not used."""

    name = "kolektor-sdd2"
    title = "KolektorSDD2"
    folders = "train and test, each with an image 10000.png and its mask 10000_GT.png"
    anchor = re.compile("train|test")

    def recognises(self, files: Listing) -> bool:
        images, masks = _sorted(files)
        return bool(masks) and images.keys() == masks.keys()

    def read(self, files: Listing) -> Reading:
        images, masks = _sorted(files)
        parts = dict.fromkeys(masks.values(), MASK)
        for key, name in images.items():
            marked = files.marks(masks[key]) if key in masks else None
            if key.startswith("test/"):
                parts[name] = tested(None if marked is None else DEFECT if marked else GOOD)
            elif not key.startswith("train/"):
                continue
            elif marked is None:
                parts[name] = unused("is a training image without a readable mask")
            elif marked:
                reason = (
                    "is a training image with a defect in its mask, so it is not used for training"
                )
                parts[name] = unused(reason)
                parts[masks[key]] = unused("is the mask of a defective training image")
            else:
                parts[name] = NORMAL
        return Reading(parts, note="An image is defective if its mask is not empty.")


def _sorted(files: Listing) -> tuple[dict[str, str], dict[str, str]]:
    """Images and masks, by the name of the image without its ending."""
    images, masks = {}, {}
    for name in files.names:
        key = name.rpartition(".")[0].casefold()
        match = MASK_NAME.fullmatch(key)
        if match:
            masks[match["image"]] = name
        else:
            images[key] = name
    return images, masks
