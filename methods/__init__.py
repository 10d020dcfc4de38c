"""The detectors: each learns from normal images alone and gives a score map for an image.

On top stands the contract and nothing else: detector, registry, parameters, progress, errors.
"""
