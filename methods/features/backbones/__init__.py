"""Pretrained networks: the contract, their names, and the packages that they come from.

A module brings the networks of one source; it imports torch or ONNX Runtime at its top, so the
registry imports it when one of its networks is asked for.
"""
