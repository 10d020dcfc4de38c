"""VisA: twelve objects, and a split in a CSV file.

Zou et al., SPot-the-difference self-supervised pre-training for anomaly detection and segmentation,
ECCV 2022. One object has ``Data/Images/Normal``, ``Data/Images/Anomaly`` and
``Data/Masks/Anomaly``. Beside the objects, ``split_csv/1cls.csv`` says with columns object, split,
label, image and mask which normal images are for training.
"""

import re

from images.dataset import GOOD
from images.layouts.layout import MASK, NORMAL, Layout, Listing, Part, Reading, rows, tested, unused
from images.layouts.registry import register

SPLIT_FILE = re.compile(r"(.*/)?split_csv/1cls\.csv", re.IGNORECASE)
PLACE = re.compile(r"data/(images/(?P<label>normal|anomaly)|masks/anomaly)/[^/]+", re.IGNORECASE)


@register
class VisA(Layout):
    """By the split file if it was uploaded, else all normal images are used for training."""

    name = "visa"
    title = "VisA"
    folders = "Data/Images/Normal, Data/Images/Anomaly and Data/Masks/Anomaly"
    anchor = re.compile("data")

    def recognises(self, files: Listing) -> bool:
        return any(re.fullmatch("data/images/normal/[^/]+", name, re.I) for name in files.images)

    def read(self, files: Listing) -> Reading:
        parts = {name: part for name in files.names if (part := _part(name))}
        whole = files.whole or files
        split = next((name for name in whole.others if SPLIT_FILE.fullmatch(name)), None)
        if split is None:
            note = "Without split_csv/1cls.csv, all normal images are used for training."
            return Reading(parts, note=note)
        said = {
            row["image"]: row["split"].strip().lower()
            for row in rows(whole.others[split], "split", "image")
        }
        top = split.removesuffix("/".join(split.split("/")[-2:]))
        for name, part in parts.items():
            use = said.get((files.root + name).removeprefix(top))
            if part.role == "normal" and use == "test":
                parts[name] = tested(GOOD)
            elif part.role != "mask" and use is None:
                parts[name] = unused(f"is not in {split}")
            elif part.role == "test" and use == "train":
                parts[name] = unused("is a defective training image")
        return Reading(parts, note=f"{split} defines which normal images are used for training.")


def _part(name: str) -> Part | None:
    match = PLACE.fullmatch(name)
    if match is None:
        return None
    label = (match["label"] or "").lower()
    return {"normal": NORMAL, "anomaly": tested("anomaly"), "": MASK}[label]
