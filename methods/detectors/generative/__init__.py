"""Detectors that train a model which could draw normal images, and score what it could not draw.

A module holds one detector. Everything with torch at its top is in `networks`; the detectors reach
it by the handles in `heavy`. What they share with the restoration networks, from which crops are
drawn to how scores near the border are judged, is in `methods.detectors.restoration`.
"""

TITLE = "Generative networks"
