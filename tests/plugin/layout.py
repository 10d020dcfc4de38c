"""A layout: ``fine/learn``, ``fine/check`` and ``faulty``."""

import re

from images.layouts.layout import NORMAL, PatternLayout


class FineAndFaulty(PatternLayout):
    name = "plugin-layout"
    title = "Fine and faulty of the plug-in"
    folders = "fine/learn, fine/check and faulty"
    anchor = re.compile("fine|faulty")
    needs = ("fine/learn/[^/]+", "faulty/[^/]+")
    places = (
        ("fine/learn/[^/]+", NORMAL),
        ("(?P<kind>faulty)/[^/]+", None),
        ("fine/check/(?P<kind>good).*", None),
    )
