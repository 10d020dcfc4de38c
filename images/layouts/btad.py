"""BTAD, the industrial images of beanTech: products 01, 02 and 03.

Mishra et al., VT-ADL: a vision transformer network for image anomaly detection and localization,
ISIE 2021. One product has ``train/ok``, ``test/ok``, ``test/ko`` and ``ground_truth/ko``.
"""

import re

from images.layouts.layout import MASK, NORMAL, PatternLayout
from images.layouts.registry import register


@register
class BTAD(PatternLayout):
    """The masks are called as their images, with perhaps another ending."""

    name = "btad"
    title = "BTAD"
    folders = "train/ok, test/ok, test/ko and ground_truth/ko"
    anchor = re.compile("train|test|groundtruth")
    needs = ("train/ok/[^/]+", "test/ko/[^/]+")
    places = (
        ("train/ok/[^/]+", NORMAL),
        ("test/(?P<kind>ok|ko)/[^/]+", None),
        ("ground_truth/(ok|ko)/[^/]+", MASK),
    )
