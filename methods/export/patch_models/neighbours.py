"""Normal patches that are remembered, or centres of their clusters."""

import numpy as np
from numpy.typing import NDArray

from methods.export.algebra import norms
from methods.export.cells import Cells, rows_of
from methods.export.graph import Graph
from methods.export.patch_models.blocks import in_blocks
from methods.export.patch_models.reduction import reduced
from methods.export.registry import writes_model
from methods.models.clusters import ClusterModel
from methods.models.neighbours import MemoryBank

Vectors = NDArray[np.float32]

FARTHEST = 80.0
"""Largest difference of distances whose exponential is taken, as in `MemoryBank.score`."""


@writes_model(MemoryBank)
def write_bank(g: Graph, model: MemoryBank, cells: Cells) -> str:
    """The distance to the nearest vector, weighted by how rare that one is where asked for."""
    bank = model.bank_

    def score(block: str) -> str:
        found = g("ArgMax", _likeness(g, block, bank), axis=1, keepdims=0)
        closest = _distances(g, block, bank, found)
        if model.neighbours <= 1:
            return closest
        near = g("Gather", model.neighbours_, found)
        totals = []
        for column in range(model.neighbours_.shape[1]):
            away = _distances(g, block, bank, g("Gather", near, column, axis=1))
            totals.append(g("Exp", g("Min", g("Sub", away, closest), FARTHEST)))
        share = g("Div", closest, g("Max", g("Sum", *totals), 1.0))
        return g("Sub", closest, share)

    patches = rows_of(g, reduced(g, model.reduction, cells))
    return in_blocks(g, patches, model.reduction.length, len(bank), score)


@writes_model(ClusterModel)
def write_clusters(g: Graph, model: ClusterModel, cells: Cells) -> str:
    """The mean distance to the nearest entries of the dictionary."""
    entries = model.dictionary_
    count = min(model.neighbours, len(entries))

    def score(block: str) -> str:
        likeness = _likeness(g, block, entries)
        if count == 1:
            return _distances(g, block, entries, g("ArgMax", likeness, axis=1, keepdims=0))
        _, found = g.several("TopK", 2, likeness, [count], axis=1, sorted=0)
        apart = g("Sub", g("Unsqueeze", block, [1]), g("Gather", entries, found))
        return g("ReduceMean", norms(g, apart, axis=2), axes=[1], keepdims=0)

    patches = rows_of(g, reduced(g, model.reduction, cells))
    return in_blocks(g, patches, model.reduction.length, len(entries), score)


def _likeness(g: Graph, block: str, vectors: Vectors) -> str:
    """Highest for the nearest: x b - ||b||^2 / 2 for rows x and all vectors b."""
    half_squares = np.square(vectors.astype(np.float64)).sum(axis=1) / 2
    return g("Gemm", block, vectors, -half_squares.astype(np.float32), transB=1)


def _distances(g: Graph, block: str, vectors: Vectors, chosen: str) -> str:
    return norms(g, g("Sub", block, g("Gather", vectors, chosen)), axis=1)
