"""Detectors that train networks to give what another network, the teacher, gives for normal images.

A module holds one detector. Everything with torch at its top is in `networks`; the detectors reach
it by the handles in `heavy`.
"""

TITLE = "Student and teacher networks"
