"""Detectors that train a network to restore normal images and score what it cannot restore.

A module holds one detector, `restoration` and `parameters` what they share. Everything with torch
at its top is in `networks`; the detectors reach it by the handles in `heavy`.
"""

TITLE = "Restoration networks"
