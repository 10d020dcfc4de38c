"""Detectors that score how unusually a learned dictionary codes a patch.

A module holds one detector; parameters, models and solvers are in `coding`.
"""

TITLE = "Patch dictionaries"
