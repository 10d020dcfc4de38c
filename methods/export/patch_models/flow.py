"""A normalising flow of patches and their positions."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from methods.detectors.patch_models.normalising_flow import WEIGHTS, FlowModel
from methods.export.cells import Cells
from methods.export.graph import Graph
from methods.export.heavy import flow
from methods.export.patch_models.reduction import reduced
from methods.export.registry import writes_model
from methods.export.resampling import numbers


@writes_model(FlowModel)
def write(g: Graph, model: FlowModel, cells: Cells) -> str:
    """The root of twice how far the log likelihood is below that of a perfect patch."""
    state = model.state()
    z = reduced(g, model.reduction, cells)
    condition = _encoded(g, model.params.frequencies, cells)
    total = ""
    kept = model.reduction.length // 2
    changed = model.reduction.length - kept
    for number in range(model.params.layers):
        named = f"{WEIGHTS}layers.{number}."
        parts = g.several(
            "Split", 2, g("Gather", z, state[f"{named}order"]), [kept, changed], axis=0
        )
        seen = g("Concat", parts[0], condition, axis=0) if condition else parts[0]
        hidden = g("Relu", _linear(g, seen, state, f"{named}inner"))
        made = g.several(
            "Split", 2, _linear(g, hidden, state, f"{named}outer"), [changed, changed], axis=0
        )
        scale = g("Mul", g("Tanh", g("Div", made[0], flow.CLAMP)), flow.CLAMP)
        moved = g("Add", g("Mul", parts[1], g("Exp", scale)), made[1])
        z = g("Concat", parts[0], moved, axis=0)
        found = g("ReduceSum", scale, [0], keepdims=0)
        total = g("Add", total, found) if total else found
    squares = g("ReduceSumSquare", z, axes=[0], keepdims=0)
    return g("Sqrt", g("Max", g("Sub", squares, g("Mul", total, 2.0)), 0.0))


def _linear(g: Graph, values: str, state: Mapping[str, NDArray[Any]], name: str) -> str:
    """A layer of values (d, n)."""
    product = g("MatMul", state[f"{name}.weight"], values)
    return g("Add", product, state[f"{name}.bias"][:, None])


def _encoded(g: Graph, frequencies: int, cells: Cells) -> str:
    """Sines, then cosines (4 * frequencies, n), of positions from 0 to 1; empty without any."""
    if not frequencies:
        return ""
    factors = (np.pi * 2.0 ** np.arange(frequencies)).astype(np.float32)[:, None]
    down, across = (_relative(g, each) for each in (cells.rows, cells.columns))
    grid = g.vector(cells.rows, cells.columns)
    angles = [
        g("Mul", g("Reshape", g("Expand", place, grid), [1, -1]), factors)
        for place in (down, g("Transpose", across, perm=[1, 0]))
    ]
    joined = g("Concat", *angles, axis=0)
    return g("Concat", g("Sin", joined), g("Cos", joined), axis=0)


def _relative(g: Graph, length: str) -> str:
    """Positions (length, 1) along a side of the grid, as in `relative_positions`."""
    last = g.cast(g("Sub", length, 1), np.float32)
    places = g("Div", g.cast(numbers(g, 0, length), np.float32), g("Max", last, 1.0))
    return g("Unsqueeze", g("Where", g("Greater", last, 0.0), places, 0.5), [1])
