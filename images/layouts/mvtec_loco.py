"""MVTec LOCO AD: logical and structural anomalies.

Bergmann et al., Beyond dents and scratches: logical constraints in unsupervised anomaly detection
and localization, IJCV 2022. As MVTec AD, with ``validation/good``, and with a folder of masks for
an image: ``ground_truth/logical_anomalies/012/000.png``, one for each defect. The value of a marked
pixel names the type of its defect, which sets how much of it has to be found (saturation); here
every pixel above 0 is defective.
"""

import re

from images.layouts.layout import MASK, NORMAL, PatternLayout, unused
from images.layouts.registry import register


@register
class MVTecLOCO(PatternLayout):
    """All masks of an image count together."""

    name = "mvtec-loco"
    title = "MVTec LOCO AD"
    folders = "train/good, test/<kind> and ground_truth/<kind>/<stem>"
    anchor = re.compile("train|validation|test|groundtruth")
    needs = (
        "train/good/[^/]+",
        "test/[^/]+/[^/]+",
        "ground_truth/(logical|structural)_anomalies/[^/]+/[^/]+",
    )
    places = (
        ("train/good/[^/]+", NORMAL),
        ("test/(?P<kind>[^/]+)/[^/]+", None),
        ("ground_truth/[^/]+/[^/]+/[^/]+", MASK),
        (
            "validation/.+",
            unused("is a validation image; these are not used"),
        ),
    )
