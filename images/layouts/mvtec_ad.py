"""MVTec AD, and the many sets in its layout.

Bergmann et al., The MVTec anomaly detection dataset, IJCV 2021. One object has ``train/good``,
``test/<kind>`` and ``ground_truth/<kind>/<stem>_mask.png``.
"""

import re

from images.layouts.layout import MASK, NORMAL, PatternLayout
from images.layouts.registry import register


@register
class MVTecAD(PatternLayout):
    """Every image is in one of the three folders; a set with others is read by names."""

    name = "mvtec-ad"
    title = "MVTec AD"
    folders = "train/good, test/<kind> and ground_truth/<kind>"
    anchor = re.compile("train|test|groundtruth")
    needs = ("train/good/[^/]+", "test/[^/]+/[^/]+")
    strict = True
    places = (
        ("train/good/[^/]+", NORMAL),
        ("test/(?P<kind>[^/]+)/[^/]+", None),
        ("ground_truth/[^/]+/[^/]+", MASK),
    )
