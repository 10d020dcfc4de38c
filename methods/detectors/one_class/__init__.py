"""Detectors that train a network on a task that normal images alone can set.

A module holds one detector; `one_class` and `parameters` are what they share. Everything with torch
at its top is in `networks`; the detectors reach it by the handles in `heavy`.
"""

TITLE = "One-class and self-supervised networks"
