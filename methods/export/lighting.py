"""The lighting of an image brought to the usual one, as nodes of a graph."""

import numpy as np

from methods.export.graph import Graph
from methods.export.pixels import brightness
from methods.features.lighting import LEAST_GAIN, MOST_GAIN, NOISE, TAIL, Lighting


def gain_and_shift(g: Graph, planes: str, usual: Lighting) -> tuple[str, str]:
    """Gain g and m - g mean of an image of planes (3, H, W), for `Lighting.matching`."""
    grey = _winsorised(g, g("Squeeze", brightness(g, planes), [0]))
    mean = _mean(g, grey)
    deviation = g("Sqrt", _mean(g, g("Pow", g("Sub", grey, mean), 2.0)))
    ratio = g("Div", float(max(usual.deviation, NOISE)), g("Max", deviation, NOISE))
    gain = g("Clip", ratio, LEAST_GAIN, MOST_GAIN)
    return gain, g("Sub", float(usual.mean), g("Mul", gain, mean))


def _winsorised(g: Graph, grey: str) -> str:
    """Grey values (H, W) whose tails are cut, as in `Lighting.of`."""
    flat = g("Reshape", grey, [-1])
    exact = g("Mul", g.cast(g("Shape", flat), np.float64), np.float64(TAIL))
    rank = g.cast(exact, np.int64)
    bounds = [
        g("Gather", g.several("TopK", 2, flat, g("Add", rank, 1), largest=largest)[0], rank)
        for largest in (0, 1)
    ]
    return g("Clip", grey, *(g("Squeeze", bound, [0]) for bound in bounds))


def _mean(g: Graph, values: str) -> str:
    """The mean of (H, W), row by row so that it keeps its digits."""
    return g("ReduceMean", g("ReduceMean", values, axes=[1], keepdims=0), axes=[0], keepdims=0)
