"""A patch of another normal image, blended in without a seam, as in NSA.

Schlüter, Tan, Hou and Kainz, Natural synthetic anomalies for self-supervised anomaly detection and
localization, ECCV 2022; Pérez, Gangnet and Blake, Poisson image editing, SIGGRAPH 2003, where
eq. 12 is the mixed gradients.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dstn, idstn
from scipy.ndimage import binary_closing, zoom

from images.colour import Image
from images.samples.defects import Defective

Plane = NDArray[np.float64]

SIDES = (0.35, 0.8)
"""Of the patch, as shares of the sides of the window."""
MAGNIFICATION = (0.7, 1.3)
CHANGED = 1.5 / 255
"""Change of a pixel below which it stays normal, though it lies in the patch."""


def poisson_blend(window: Image, other: Image, rng: np.random.Generator) -> Defective:
    """A resized rectangle of `other`, a window of another normal image, cloned into the window.

    The mask holds the pixels that differ, with gaps closed: a patch that looks like what it
    replaces is no defect.
    """
    height, width = window.shape[:2]
    rows, columns = (max(5, round(rng.uniform(*SIDES) * n)) for n in (height, width))
    patch = _resized_part(other, rows, columns, rng)
    top = int(rng.integers(0, height - rows + 1))
    left = int(rng.integers(0, width - columns + 1))
    place = (slice(top, top + rows), slice(left, left + columns))
    painted = window.copy()
    painted[place] = clone(window[place], patch).clip(0, 1)
    change = np.abs(painted - window)
    changed = (change if change.ndim == 2 else change.max(axis=2)) > CHANGED
    return Defective(painted, binary_closing(changed, iterations=2) & _box(window, place))


def clone(target: Image, source: Image) -> NDArray[np.float32]:
    """`source` (h, w) or (h, w, 3) with the border of `target`, by seamless cloning.

    Solves, with f = target on the outermost pixels and N the four neighbours,

        sum_{q in N(p)} f_p - f_q = sum_{q in N(p)} v_pq      for every inner pixel p,

    where v_pq is the larger in size of source_p - source_q and target_p - target_q. The sine
    transform makes the equations diagonal: O(h w log(h w)).
    """
    if target.ndim == 3:
        pairs = zip(np.moveaxis(target, 2, 0), np.moveaxis(source, 2, 0), strict=True)
        return np.stack([clone(own, other) for own, other in pairs], axis=2)
    goal = _divergence(target.astype(np.float64), source.astype(np.float64))
    edge = target.astype(np.float64)
    edge[1:-1, 1:-1] = 0
    goal += edge[:-2, 1:-1] + edge[2:, 1:-1] + edge[1:-1, :-2] + edge[1:-1, 2:]
    waves = [2 - 2 * np.cos(np.pi * np.arange(1, n + 1) / (n + 1)) for n in goal.shape]
    solved = idstn(dstn(goal, type=1) / (waves[0][:, None] + waves[1]), type=1)
    result = target.astype(np.float32, copy=True)
    result[1:-1, 1:-1] = solved
    return result


def _divergence(target: Plane, source: Plane) -> Plane:
    """The sums of the differences to the four neighbours (h - 2, w - 2), the larger of two."""
    before, same, after = slice(0, -2), slice(1, -1), slice(2, None)
    total = np.zeros((target.shape[0] - 2, target.shape[1] - 2))
    for neighbour in ((before, same), (after, same), (same, before), (same, after)):
        own, new = (plane[same, same] - plane[neighbour] for plane in (target, source))
        total += np.where(np.abs(new) >= np.abs(own), new, own)
    return total


def _resized_part(other: Image, rows: int, columns: int, rng: np.random.Generator) -> Image:
    """A rectangle of `other` that was made smaller or larger, as rows x columns pixels."""
    height, width = other.shape[:2]
    scale = rng.uniform(*MAGNIFICATION)
    own = [
        int(np.clip(round(length / scale), 2, most))
        for length, most in ((rows, height), (columns, width))
    ]
    top, left = (
        int(rng.integers(0, most - length + 1))
        for length, most in zip(own, (height, width), strict=True)
    )
    part = other[top : top + own[0], left : left + own[1]]
    factors = [rows / own[0], columns / own[1], *([1.0] if other.ndim == 3 else [])]
    return zoom(part, factors, order=1)


def _box(window: Image, place: tuple[slice, slice]) -> NDArray[np.bool_]:
    box = np.zeros(window.shape[:2], dtype=bool)
    box[place] = True
    return box
