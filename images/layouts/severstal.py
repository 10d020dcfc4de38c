"""Severstal: steel detection from above, with masks as run lengths in a CSV file.

Kaggle competition, 2019. ``train_images`` and ``train.csv`` with a row for each defective image and
class: columns ImageId, ClassId and EncodedPixels, or the first two as one, ImageId_ClassId. Pixels
are numbered from 1 down the columns, and a run is its first pixel and its length. ``test_images``
have no truth.
"""

import re
from functools import partial

import numpy as np

from images.colour import Mask
from images.dataset import GOOD
from images.errors import ImageError
from images.layouts.layout import (
    NORMAL,
    Drawing,
    Layout,
    Listing,
    Part,
    Reading,
    halved,
    rows,
    tested,
    unused,
)
from images.layouts.registry import register

LABELS = "train.csv"


@register
class Severstal(Layout):
    """Every second image without a defect is used for training, since the set has no split."""

    name = "severstal"
    title = "Severstal steel"
    folders = "train_images and train.csv"
    anchor = re.compile("trainimages|testimages")

    def recognises(self, files: Listing) -> bool:
        if LABELS not in files.others or "EncodedPixels" not in _heading(files, LABELS):
            return False
        return any(name.startswith("train_images/") for name in files.images)

    def read(self, files: Listing) -> Reading:
        source = files.root + LABELS
        runs = read_runs(files, LABELS)
        names = [name for name in files.names if name.startswith("train_images/")]
        clean = [name for name in names if name.rpartition("/")[2] not in runs]
        learned = halved(clean)
        parts: dict[str, Part] = {}
        drawings = {}
        for name in names:
            found = runs.get(name.rpartition("/")[2])
            if found is None:
                parts[name] = NORMAL if name in learned else tested(GOOD)
            else:
                parts[name] = tested(f"class {'+'.join(sorted(found))}")
                lengths = " ".join(found.values())
                drawings[name] = Drawing(source, "run lengths", partial(draw_runs, source, lengths))
        for name in files.names:
            if name.startswith("test_images/"):
                parts[name] = unused("is a test image without public ground truth")
        parts[LABELS] = Part("labels")
        return Reading(
            parts,
            drawings,
            "Every second image without a defect is used for training, and the others are test "
            "images.",
        )


def _heading(files: Listing, name: str) -> str:
    """The first line of a file."""
    return files.text(name).partition("\n")[0]


def read_runs(files: Listing, name: str) -> dict[str, dict[str, str]]:
    """The run lengths of each defective image, by class. Raises `ImageError`."""
    file = files.others[name]
    joined = "ImageId_ClassId" in _heading(files, name)
    columns = ("ImageId_ClassId",) if joined else ("ImageId", "ClassId")
    found: dict[str, dict[str, str]] = {}
    for row in rows(file, *columns, "EncodedPixels"):
        image, _, label = (
            row["ImageId_ClassId"].rpartition("_")
            if joined
            else (row["ImageId"], "", row["ClassId"])
        )
        if row["EncodedPixels"].strip():
            found.setdefault(image, {})[label] = row["EncodedPixels"]
    return found


def draw_runs(source: str, lengths: str, height: int, width: int) -> Mask:
    """The mask (H, W) of run lengths: pairs of the first pixel and a count, from 1, by columns.

    Raises `ImageError`, which names `source`, for anything that is no run inside the image.
    """
    try:
        numbers = np.array(lengths.split(), dtype=np.int64).reshape(-1, 2)
    except (ValueError, OverflowError):
        raise ImageError(
            source, f"has run lengths that are not pairs of numbers: {lengths[:40]!r}"
        ) from None
    starts, counts = numbers[:, 0] - 1, numbers[:, 1]
    if ((starts < 0) | (counts < 0) | (counts > height * width - starts)).any():
        raise ImageError(
            source, (f"has a run that goes beyond an image of {width} x {height} pixels")
        )
    flat = np.zeros(height * width, dtype=bool)
    for start, count in zip(starts, counts, strict=True):
        flat[start : start + count] = True
    return flat.reshape(width, height).T
