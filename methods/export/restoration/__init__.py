"""The parts of restoration networks as nodes of a graph; the detectors are in `detectors`."""
