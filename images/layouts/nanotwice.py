"""NanoTWICE: electrospun nanofibres under a scanning electron microscope.

Carrera et al., Defect detection in SEM images of nanofibrous materials, IEEE TII 2017. ``Normal``
holds 5 images, ``Anomalous/images`` 40 with masks ``Anomalous/gt/<stem>_gt.png``.
"""

import re

from images.layouts.layout import DEFECT, MASK, NORMAL, PatternLayout, tested
from images.layouts.registry import register


@register
class NanoTWICE(PatternLayout):
    """All normal images are used for training, since they are few; none is left to test."""

    name = "nanotwice"
    title = "NanoTWICE"
    folders = "Normal, Anomalous/images and Anomalous/gt"
    anchor = re.compile("normal|anomalous")
    needs = ("normal/[^/]+", "anomalous/gt/[^/]+_gt[.][^./]+")
    places = (
        ("normal/[^/]+", NORMAL),
        ("anomalous/gt/[^/]+", MASK),
        ("anomalous/(images/)?[^/]+", tested(DEFECT)),
    )
