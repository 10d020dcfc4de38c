"""Detectors that need no normal images: the test images are compared with each other."""

TITLE = "Without normal images"
