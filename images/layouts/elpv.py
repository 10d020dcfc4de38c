"""ELPV: electroluminescence images of solar cells, with labels in a CSV file.

Deitsch et al., Automatic classification of defective photovoltaic module cells in
electroluminescence images, Solar Energy 2019. ``images`` and ``labels.csv``, whose lines give,
without a heading, an image, the probability of a defect (0, 1/3, 2/3 or 1) and the type of wafer.
"""

import re

from images.dataset import GOOD
from images.errors import ImageError
from images.layouts.layout import (
    DEFECT,
    NORMAL,
    Layout,
    Listing,
    Part,
    Reading,
    halved,
    tested,
    unused,
)
from images.layouts.registry import register
from images.words import percent

LABELS = "labels.csv"


@register
class ELPV(Layout):
    """Cells of which the experts were certain; every second functional one is used for training."""

    name = "elpv"
    title = "ELPV"
    folders = "images and labels.csv"
    anchor = re.compile("images")

    def recognises(self, files: Listing) -> bool:
        if LABELS not in files.others:
            return False
        first = files.text(LABELS)[:1000].split("\n")[0].split()
        return len(first) == 3 and first[0] in files.images and first[2] in ("mono", "poly")

    def read(self, files: Listing) -> Reading:
        said = _probabilities(files)
        learned = halved(name for name in files.names if said.get(name) == 0)
        parts: dict[str, Part] = {LABELS: Part("labels")}
        for name in files.names:
            probability = said.get(name)
            if probability is None:
                parts[name] = unused(f"is not in {LABELS}")
            elif probability == 0:
                parts[name] = NORMAL if name in learned else tested(GOOD)
            elif probability == 1:
                parts[name] = tested(DEFECT)
            else:
                parts[name] = unused(
                    f"is defective with a probability of {percent(probability)}, so its label is "
                    "uncertain"
                )
        return Reading(
            parts,
            note="Only cells with a certain label are used. Every second functional cell is used "
            "for training, and the others are test images.",
        )


def _probabilities(files: Listing) -> dict[str, float]:
    """The probability of a defect, by the name of the image."""
    found = {}
    for number, line in enumerate(files.text(LABELS).splitlines(), start=1):
        if not line.strip():
            continue
        words = line.split()
        try:
            name, probability, _ = words
            found[name] = float(probability)
            if not 0 <= found[name] <= 1:
                raise ValueError
        except ValueError:
            raise ImageError(
                files.root + LABELS,
                f"has a line {number} that is not a name, a probability from 0 to 1 and a type",
            ) from None
    return found
