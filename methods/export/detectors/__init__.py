"""Detectors as nodes of a graph: a module for each that has a way of its own."""
