"""BMAD, benchmarks for medical anomaly detection.

Bao et al., BMAD: benchmarks for medical anomaly detection, CVPR workshops 2024. One organ has
``train/good``, ``valid`` and ``test``, these two with ``good`` and ``Ungood``, where images with
masks stand in ``img`` and the masks in ``label``.
"""

import re

from images.layouts.layout import MASK, NORMAL, PatternLayout, unused
from images.layouts.registry import register


@register
class BMAD(PatternLayout):
    """With and without masks."""

    name = "bmad"
    title = "BMAD"
    folders = "train/good, test/good and test/Ungood, with img and label in them"
    anchor = re.compile("train|valid|test")
    needs = ("train/good/(img/)?[^/]+", "test/ungood/(img/)?[^/]+")
    places = (
        ("train/good/(img/)?[^/]+", NORMAL),
        ("test/(good|ungood)/(label|anomaly_mask)/[^/]+", MASK),
        ("test/(?P<kind>good|ungood)/(img/)?[^/]+", None),
        ("valid/.+", unused("is a validation image; these are not used")),
    )
