"""Fitted detectors as ONNX graphs, which score images without Python.

`onnx_file` is the way in; `graph` writes nodes, `registry` knows who writes what, and the other
modules write one part of the way from an image to its score map each.
"""
