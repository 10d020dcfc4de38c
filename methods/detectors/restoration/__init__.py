"""Detectors that train a network to restore normal images and score what it cannot restore.

A module holds one detector, `restoration` what they share; everything with torch at its top is in
`networks`.
"""

TITLE = "Restoration networks"
