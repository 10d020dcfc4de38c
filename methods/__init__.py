"""The detectors: each learns from normal images alone and gives a score map for an image."""
