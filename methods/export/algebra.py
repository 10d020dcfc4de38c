"""Algebra that several models share, as nodes of a graph."""

from methods.export.graph import Graph

LEAST = -80.0
"""Where exponentials count for nothing in float32. Below it they are denormal, which takes many
times as long."""


def norms(g: Graph, vectors: str, axis: int = 0) -> str:
    """The lengths of vectors along an axis."""
    return g("ReduceL2", vectors, axes=[axis], keepdims=0)


def sums_of_squares(g: Graph, vectors: str, groups: int) -> str:
    """Vectors (groups * k, n) as the squared lengths (groups, n) of each k numbers."""
    count = g("Shape", vectors, start=1)
    grouped = g("Reshape", vectors, g("Concat", g.constant([groups, -1]), count, axis=0))
    return g("ReduceSumSquare", grouped, axes=[1], keepdims=0)


def log_sum_exp(g: Graph, logs: str, axis: int) -> str:
    """The logarithm of the sum of exponentials along an axis.

    Step by step, since ONNX Runtime computes many exponentials at once in `Exp` alone.
    """
    highest = g("ReduceMax", logs, axes=[axis], keepdims=1)
    shares = g("Exp", g("Max", g("Sub", logs, highest), LEAST))
    total = g("ReduceSum", shares, [axis], keepdims=1)
    return g("Squeeze", g("Add", g("Log", total), highest), [axis])
