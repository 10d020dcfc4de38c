"""Detectors that know several classes of normal images and score what belongs to none of them.

A module holds one detector; `scores` holds the formulas. Everything with torch at its top is in
`networks`; the detector reaches it by the handles in `heavy`.
"""

TITLE = "Known classes"
