"""Lengths, positions and matrices that resample one side of an image, as nodes of a graph.

Sides are single int64 values, positions (n,) and matrices (to, from). Positions are float64, as
where they are computed in Python, so that both round alike.
"""

import numpy as np
from scipy.ndimage import gaussian_filter1d

from methods.export.graph import Graph, Operand

TRUNCATED = 4.0
"""Standard deviations at which a Gaussian ends, as in `scipy.ndimage.gaussian_filter`."""


def rounded_up(g: Graph, length: str, step: int) -> str:
    """How many steps cover a length."""
    return g("Div", g("Add", length, step - 1), step)


def numbers(g: Graph, start: Operand, stop: Operand) -> str:
    """The whole numbers from `start` up to `stop`, without it."""
    return g("Range", start, stop, 1)


def mirrored(g: Graph, positions: str, length: str) -> str:
    """Positions beyond a side put back into it as `numpy.pad` with ``reflect`` does."""
    period = g("Max", g("Mul", g("Sub", length, 1), 2), 1)
    within = g("Mod", positions, period)
    return g("Min", within, g("Sub", period, within))


def repeated(g: Graph, positions: str, length: str) -> str:
    """Positions beyond a side put back as SciPy's ``reflect`` does: the border occurs twice."""
    period = g("Mul", length, 2)
    within = g("Mod", positions, period)
    return g("Min", within, g("Sub", g("Sub", period, within), 1))


def hats(g: Graph, centres: str, length: str) -> str:
    """Weights (n, length) of linear interpolation at positions (n,) within a side, float32."""
    away = g("Sub", g("Unsqueeze", centres, [1]), g.cast(numbers(g, 0, length), np.float64))
    return g.cast(g("Max", g("Sub", np.float64(1), g("Abs", away)), np.float64(0)), np.float32)


def between(g: Graph, centres: str, length: str) -> str:
    """Matrix (length, n) that interpolates from rising whole positions (n,) to all of a side.

    Linear between the positions and constant beyond the outer ones; see `PatchGrid.interpolate`.
    """
    pixels = g("Unsqueeze", g.cast(numbers(g, 0, length), np.float64), [1])
    reached = g.cast(g("LessOrEqual", centres, pixels), np.int64)
    last = g("Sub", g("Squeeze", g("Shape", centres)), 1)
    below = g("Max", g("Sub", g("ReduceSum", reached, [1], keepdims=1), 1), 0)
    above = g("Min", g("Add", below, 1), last)
    start, end = g("Gather", centres, below), g("Gather", centres, above)
    gap = g("Max", g("Sub", end, start), np.float64(1))
    share = g("Clip", g("Div", g("Sub", pixels, start), gap), np.float64(0), np.float64(1))
    cells = numbers(g, 0, g("Add", last, 1))
    lower, upper = (g.cast(g("Equal", cells, each), np.float64) for each in (below, above))
    rest = g("Sub", np.float64(1), share)
    return g.cast(g("Add", g("Mul", lower, rest), g("Mul", upper, share)), np.float32)


def enlarging(g: Graph, length: str, factor: int, larger: str) -> str:
    """Matrix (larger, length) to `factor` times the resolution, linear between pixel centres."""
    pixels = g.cast(numbers(g, 0, larger), np.float64)
    places = g(
        "Sub", g("Div", g("Add", pixels, np.float64(0.5)), np.float64(factor)), np.float64(0.5)
    )
    last = g.cast(g("Sub", length, 1), np.float64)
    return hats(g, g("Min", g("Max", places, np.float64(0)), last), length)


def smoothed(g: Graph, matrix: str, sigma: float) -> str:
    """A matrix (to, from) followed by a Gaussian along `to`, with the border as in SciPy."""
    if sigma <= 0:
        return matrix
    radius = int(TRUNCATED * sigma + 0.5)
    impulse = np.zeros(2 * radius + 1)
    impulse[radius] = 1
    window = gaussian_filter1d(impulse, sigma, radius=radius, mode="constant")
    length = g.length(matrix, 0)
    beyond = repeated(g, numbers(g, -radius, g("Add", length, radius)), length)
    padded = g("Transpose", g("Gather", matrix, beyond, axis=0), perm=[1, 0])
    kernel = window.astype(np.float32)[None, None]
    found = g("Conv", g("Unsqueeze", padded, [1]), kernel)
    return g("Transpose", g("Squeeze", found, [1]), perm=[1, 0])
