"""Scores of many patches, a block of them at a time, so that a table of products stays small."""

from collections.abc import Callable

from methods.export.graph import Graph

BLOCK_BYTES = 4 * 2**20
"""Of the table that is held at once."""


def in_blocks(g: Graph, patches: str, width: int, others: int, score: Callable[[str], str]) -> str:
    """Scores (n,) of patches (n, width) that `score` compares with `others` vectors each."""
    size = max(1, BLOCK_BYTES // (4 * others))
    count = g("Shape", patches, end=1)
    rest = g("Mod", g("Neg", count), g.constant([size]))
    padded = g("Pad", patches, g("Concat", g.constant([0, 0]), rest, g.constant([0]), axis=0))
    blocks = g("Reshape", padded, [-1, size, width])
    scores = g("Scan", blocks, body=g.body([size, width], score), num_scan_inputs=1)
    return g("Slice", g("Reshape", scores, [-1]), g.constant([0]), count)
