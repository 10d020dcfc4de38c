"""Several known classes of normal images, a folder for each, and a test folder that has others too.

``train/<class>`` and ``test/<class>``, as for a classifier. Test images whose folder is called like
a known class are normal; those of any other folder belong to an unknown class.
"""

import re
from collections.abc import Mapping

from images.dataset import GOOD
from images.layouts.layout import MASK, Layout, Listing, Part, Reading, tested
from images.layouts.registry import register
from images.roles.naming import bare, folded, is_good

TRAIN = re.compile(r"train/(?P<name>[^/]+)/.+", re.IGNORECASE)
TEST = re.compile(r"test/(?P<name>[^/]+)/.+", re.IGNORECASE)
MASKS = re.compile(r"(?:ground_truth|masks)/.+", re.IGNORECASE)
DEFECTIVE = {
    "abnormal",
    "anomalous",
    "anomaly",
    "bad",
    "broken",
    "damaged",
    "def",
    "defect",
    "defective",
    "defects",
    "faulty",
    "ng",
    "nok",
    "notok",
    "reject",
    "rejected",
}
"""Folders, as `images.roles.naming.bare` writes them, that hold no class of normal images."""


@register
class KnownClasses(Layout):
    """Found out where ``test`` has folders called like those of ``train``, and others beside them.

    Without others, or with a folder of ``train`` that is called good or defective, it must be
    chosen, since the folders of ``train`` may then hold defective images.
    """

    name = "known-classes"
    title = "Known classes"
    folders = "train/<class>, at least two of them, and test/<kind>"
    anchor = re.compile("train|test")

    def recognises(self, files: Listing) -> bool:
        known = set(_folders(files, TRAIN))
        return len(known) > 1 and all(_is_in_place(name) for name in files.images)

    def is_clear(self, files: Listing) -> bool:
        known, judged = set(_folders(files, TRAIN)), set(_folders(files, TEST))
        others = [each for each in judged - known if not is_good(each)]
        doubtful = [each for each in known if is_good(each) or bare(each) in DEFECTIVE]
        return bool(known & judged) and bool(others) and not doubtful

    def read(self, files: Listing) -> Reading:
        classes = _folders(files, TRAIN)
        return Reading({name: _part(name, classes) for name in files.names})


def _folders(files: Listing, place: re.Pattern[str]) -> dict[str, str]:
    """The folders in ``train`` or ``test`` as their names are compared, and as they are called."""
    found = (match["name"] for name in files.names if (match := place.fullmatch(name)))
    return {folded(each): each for each in found}


def _is_in_place(name: str) -> bool:
    return any(place.fullmatch(name) for place in (TRAIN, TEST, MASKS))


def _part(name: str, classes: Mapping[str, str]) -> Part:
    """What a file is for; `classes` are the folders of ``train``."""
    if match := TRAIN.fullmatch(name):
        return Part("normal", GOOD, known_class=classes[folded(match["name"])])
    if match := TEST.fullmatch(name):
        kind = match["name"]
        return tested(classes.get(folded(kind), GOOD if is_good(kind) else kind))
    return MASK
