"""MVTec AD 2.

Heckler-Kram et al., The MVTec AD 2 dataset, arXiv:2503.21622. One object has ``train/good``,
``validation/good``, ``test_public/good``, ``test_public/bad``, ``test_public/ground_truth/bad``,
``test_private`` and ``test_private_mixed``; the masks of the last two are not public.
"""

import re

from images.layouts.layout import MASK, NORMAL, PatternLayout, unused
from images.layouts.registry import register


@register
class MVTecAD2(PatternLayout):
    """Judged on ``test_public`` alone."""

    name = "mvtec-ad-2"
    title = "MVTec AD 2"
    folders = "train/good, test_public/good, test_public/bad and test_public/ground_truth/bad"
    anchor = re.compile("train|validation|testpublic|testprivate|testprivatemixed")
    needs = ("train/good/[^/]+", "test_public/(good|bad)/[^/]+")
    places = (
        ("train/good/[^/]+", NORMAL),
        ("test_public/ground_truth/[^/]+/[^/]+", MASK),
        ("test_public/(?P<kind>[^/]+)/[^/]+", None),
        (
            "validation/.+",
            unused("is a validation image; these are not used"),
        ),
        (
            "test_private(_mixed)?/.+",
            unused("is a test image without public ground truth, so metrics cannot use it"),
        ),
    )
