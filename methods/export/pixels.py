"""Channels of an image as nodes of a graph."""

from images.colour import LUMA
from methods.export.graph import Graph


def brightness(g: Graph, planes: str) -> str:
    """The brightness (1, a, b) of planes (3, a, b)."""
    flat = g("MatMul", LUMA[None], g("Reshape", planes, [3, -1]))
    return g("Reshape", flat, g("Concat", g.constant([1]), g("Shape", planes, start=1), axis=0))
