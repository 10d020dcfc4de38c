"""Casting product image data (Dabhi, Kaggle 2020): submersible pump impellers from above.

``train`` and ``test`` each have ``ok_front`` and ``def_front``. The archive also holds
``casting_512x512``, the same castings without a split.
"""

import re

from images.layouts.layout import NORMAL, PatternLayout, unused
from images.layouts.registry import register


@register
class Casting(PatternLayout):
    """The defective images of ``train`` are not used."""

    name = "casting"
    title = "Casting product image data"
    folders = "train/ok_front, train/def_front, test/ok_front and test/def_front"
    anchor = re.compile("train|test")
    needs = ("train/ok_front/[^/]+", "test/(ok|def)_front/[^/]+")
    places = (
        ("train/ok_front/[^/]+", NORMAL),
        (
            "train/def_front/[^/]+",
            unused("is a defective training image; only normal images are used for training"),
        ),
        ("test/(?P<kind>(ok|def)_front)/[^/]+", None),
    )
