"""Patches of an image: the grid that they lie on, and detectors composed of features and a model.

What any such detector may share belongs here (borders, standardisation, reduction, sampling);
a model of its own belongs in `methods.models`.
"""
