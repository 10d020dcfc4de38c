"""Anomalies as patches that a learned dictionary codes in an unusual way."""

from methods.sparse_coding.detector import MultiscaleSparseCoding, SparseCoding

__all__ = ["MultiscaleSparseCoding", "SparseCoding"]
