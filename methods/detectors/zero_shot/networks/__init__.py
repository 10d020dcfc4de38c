"""Networks of the detectors without normal images."""
