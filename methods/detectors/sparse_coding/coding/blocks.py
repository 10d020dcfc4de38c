"""Machine code that the l1 and the group-sparse solver share: vectors, patches in, codes out.

Matrices are flat. Rows over all atoms or all pixels are padded with zeros to a multiple of
`PADDING` numbers, rows over active atoms to a multiple of `LANES`.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from methods.detectors.sparse_coding.coding.compiling import called, compiled, inlined
from methods.detectors.sparse_coding.coding.vectors import (
    LANES,
    after,
    like,
    load,
    multiply_add,
    numbers,
    spread,
    store,
    total,
)

PADDING = 64
"""Rows over all atoms or all pixels have a multiple of so many numbers."""
PANEL = 32
"""Atoms that are correlated together with `TILE` patches."""
TILE = 8

Floats = NDArray[Any]


@inlined
def dot(n: int, x: Any, y: Any) -> Any:
    """The sum of x * y over n numbers."""
    result = spread(like(x, 0))
    for at in range(0, n, LANES):
        result = multiply_add(load(x, at), load(y, at), result)
    return total(result)


@inlined
def copy(n: int, x: Any, y: Any) -> None:
    """y = x, n numbers."""
    for at in range(0, n, LANES):
        store(y, at, load(x, at))


@inlined
def add_scaled(n: int, scale: Any, x: Any, y: Any) -> None:
    """y += scale * x, n numbers."""
    factor = spread(scale)
    for at in range(0, n, LANES):
        store(y, at, multiply_add(factor, load(x, at), load(y, at)))


@called
def subtract(n: int, base: Any, rows: Any, stride: int, w: Any, out: Any) -> None:
    """out = base - sum of the active atoms' rows, each times its weight."""
    for at in range(0, stride, 4 * LANES):
        a, b = load(base, at), load(base, at + LANES)
        c, d = load(base, at + 2 * LANES), load(base, at + 3 * LANES)
        for i in range(n):
            weight = spread(-w.weights[i])
            row = after(rows, w.atoms[i] * stride + at)
            a = multiply_add(weight, load(row, 0), a)
            b = multiply_add(weight, load(row, LANES), b)
            c = multiply_add(weight, load(row, 2 * LANES), c)
            d = multiply_add(weight, load(row, 3 * LANES), d)
        store(out, at, a)
        store(out, at + LANES, b)
        store(out, at + 2 * LANES, c)
        store(out, at + 3 * LANES, d)


@called
def correlate(signals: Any, stride: int, panels: Any, pixels: int, count: int, out: Any) -> None:
    """The correlations of eight rows of pixels, `stride` apart, with `count` atoms in panels.

    Every sum runs over the pixels in their order, whatever the other rows are.
    """
    s0, s1 = signals, after(signals, stride)
    s2, s3 = after(s0, 2 * stride), after(s1, 2 * stride)
    s4, s5 = after(s0, 4 * stride), after(s1, 4 * stride)
    s6, s7 = after(s2, 4 * stride), after(s3, 4 * stride)
    for start in range(0, count, PANEL):
        panel = after(panels, start * pixels)
        a0 = a1 = a2 = a3 = a4 = a5 = a6 = a7 = spread(like(signals, 0))
        b0 = b1 = b2 = b3 = b4 = b5 = b6 = b7 = a0
        for i in range(pixels):
            a, b = load(panel, i * PANEL), load(panel, i * PANEL + LANES)
            x0, x1, x2, x3 = spread(s0[i]), spread(s1[i]), spread(s2[i]), spread(s3[i])
            x4, x5, x6, x7 = spread(s4[i]), spread(s5[i]), spread(s6[i]), spread(s7[i])
            a0, b0 = multiply_add(x0, a, a0), multiply_add(x0, b, b0)
            a1, b1 = multiply_add(x1, a, a1), multiply_add(x1, b, b1)
            a2, b2 = multiply_add(x2, a, a2), multiply_add(x2, b, b2)
            a3, b3 = multiply_add(x3, a, a3), multiply_add(x3, b, b3)
            a4, b4 = multiply_add(x4, a, a4), multiply_add(x4, b, b4)
            a5, b5 = multiply_add(x5, a, a5), multiply_add(x5, b, b5)
            a6, b6 = multiply_add(x6, a, a6), multiply_add(x6, b, b6)
            a7, b7 = multiply_add(x7, a, a7), multiply_add(x7, b, b7)
        lower = (a0, a1, a2, a3, a4, a5, a6, a7)
        upper = (b0, b1, b2, b3, b4, b5, b6, b7)
        for i in range(TILE):
            store(out, i * count + start, lower[i])
            store(out, i * count + start + LANES, upper[i])


@compiled
def correlations(rows: Floats, panels: Floats) -> Floats:
    """The correlations of padded rows, a multiple of eight, with the atoms in panels."""
    panel_count, pixels, _ = panels.shape
    out = np.empty((len(rows), panel_count * PANEL), rows.dtype)
    for first in range(0, len(rows), TILE):
        correlate(
            numbers(rows[first:]),
            rows.shape[1],
            numbers(panels),
            pixels,
            out.shape[1],
            numbers(out[first:]),
        )
    return out


@inlined
def read_tile(patches: Floats, first: int, stride: int, signals: Any) -> int:
    """Copy up to `TILE` patches (n, d) into rows of pixels, `stride` apart; returns how many."""
    together = min(TILE, len(patches) - first)
    for i in range(together):
        for pixel in range(patches.shape[1]):
            signals[i * stride + pixel] = patches[first + i, pixel]
    return together


@inlined
def keep_code(
    n: int,
    w: Any,
    place: int,
    used: int,
    sizes: NDArray[np.int64],
    atoms: NDArray[np.int32],
    weights: Floats,
) -> Any:
    """Append the code with n active atoms to those of the patches before; returns its l1 norm."""
    l1_norm = like(w.weights, 0)
    for active in range(n):
        atoms[used + active] = w.atoms[active]
        weights[used + active] = w.weights[active]
        l1_norm += abs(w.weights[active])
    sizes[place] = n
    return l1_norm
