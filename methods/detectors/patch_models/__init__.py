"""Detectors that compare patches with a model of normal ones.

A module holds the parameters of one detector and joins features to a model, mostly from
`methods.models`.
"""

TITLE = "Models of patch features"
