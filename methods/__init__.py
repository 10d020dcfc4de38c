"""The detectors: each learns from normal images alone, or compares the test images with each other,
and gives a score map for an image.

On top stands the contract and nothing else: detector, registry, parameters, progress, errors.
"""
