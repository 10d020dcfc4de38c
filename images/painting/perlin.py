"""Foreign texture where Perlin noise is high, as in DRAEM.

Zavrtanik, Kristan and Skocaj, DRAEM: a discriminatively trained reconstruction embedding for
surface anomaly detection, ICCV 2021; Perlin, An image synthesizer, SIGGRAPH 1985. Their opacity is
the contrast that every kind of painted defect has here.
"""

import numpy as np
from numpy.typing import NDArray

from images.colour import Image
from images.samples.defects import Defective

Noise = NDArray[np.float64]

PERIODS = (2, 3, 4, 6)
"""Cells of the noise along each side of the window, drawn for each side."""
THRESHOLD = 0.5
LEAST_SHARE = 0.05
"""Of the window that is painted, at least; the threshold falls until it is."""


def perlin_blend(window: Image, other: Image, rng: np.random.Generator) -> Defective:
    """The foreign texture `other` where noise in the window is above a threshold."""
    height, width = window.shape[:2]
    rows, columns = rng.choice(PERIODS, 2).tolist()
    noise = perlin_noise((height, width), (rows, columns), rng)
    noise = noise * _fading(height, width)
    mask = noise > min(THRESHOLD * noise.max(), np.quantile(noise, 1 - LEAST_SHARE))
    inside = mask if window.ndim == 2 else mask[..., None]
    return Defective(np.where(inside, other, window).astype(np.float32), mask)


def perlin_noise(shape: tuple[int, int], cells: tuple[int, int], rng: np.random.Generator) -> Noise:
    """Gradient noise (h, w), zero at the corners of `cells` (rows, columns) of a lattice.

    With g a random unit vector at each corner, the noise in a cell is the interpolation, smooth by
    6 t^5 - 15 t^4 + 10 t^3, of the products of g with the way from each corner.
    """
    angles = rng.uniform(0, 2 * np.pi, (cells[0] + 1, cells[1] + 1))
    gradients = np.stack([np.sin(angles), np.cos(angles)], axis=-1)
    rows, columns = (np.arange(n) * count / n for n, count in zip(shape, cells, strict=True))
    row, column = rows.astype(int), columns.astype(int)
    down, right = (rows - row)[:, None], (columns - column)[None, :]

    def product(lower: int, later: int) -> Noise:
        corner = gradients[row[:, None] + lower, column[None, :] + later]
        return corner[..., 0] * (down - lower) + corner[..., 1] * (right - later)

    along, across = _smooth(down), _smooth(right)
    upper = product(0, 0) + across * (product(0, 1) - product(0, 0))
    lower = product(1, 0) + across * (product(1, 1) - product(1, 0))
    return upper + along * (lower - upper)


def _smooth(share: Noise) -> Noise:
    return share**3 * (share * (6 * share - 15) + 10)


def _fading(height: int, width: int) -> Noise:
    """1 in the middle of a window and 0 along its edges, so that no defect ends in one."""
    down, right = (np.sin(np.pi * (np.arange(n) + 0.5) / n) for n in (height, width))
    return np.sqrt(down[:, None] * right)
