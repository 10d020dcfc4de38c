"""CutPaste: a piece of the same image in another place.

Li, Sohn, Yoon and Pfister, CutPaste: self-supervised learning for anomaly detection and
localization, CVPR 2021. Half of the pieces are rectangles, half are thin and turned ("scars").
"""

import numpy as np

from images.colour import Image, Mask
from images.samples.defects import Defective

AREA = (0.08, 0.3)
"""Of a rectangle, as a share of the window that it is pasted into."""
ASPECT = 3.3
"""The longest side of a rectangle over its shortest, at most."""
SCAR = ((0.5, 0.9), (0.06, 0.12))
"""Length and width of a scar, as shares of the side of the window."""
STEEPEST = np.pi / 4
JITTER = 0.1
"""By how much brightness and contrast of a piece change, at most."""


def cut_paste(window: Image, other: Image, rng: np.random.Generator) -> Defective:
    """A piece of `other`, which is of the same image elsewhere, in a window of it."""
    mask = _scar(window, rng) if rng.random() < 0.5 else _rectangle(window, rng)
    gain, shift = 1 + rng.uniform(-JITTER, JITTER), rng.uniform(-JITTER, JITTER)
    middle = other.mean()
    piece = (middle + gain * (other - middle) + shift).clip(0, 1)
    inside = mask if window.ndim == 2 else mask[..., None]
    return Defective(np.where(inside, piece, window).astype(np.float32), mask)


def _rectangle(window: Image, rng: np.random.Generator) -> Mask:
    height, width = window.shape[:2]
    area = rng.uniform(*AREA) * height * width
    aspect = np.exp(rng.uniform(-np.log(ASPECT), np.log(ASPECT)))
    rows = int(np.clip(round(np.sqrt(area * aspect)), 1, height))
    columns = int(np.clip(round(np.sqrt(area / aspect)), 1, width))
    top = int(rng.integers(0, height - rows + 1))
    left = int(rng.integers(0, width - columns + 1))
    mask = np.zeros((height, width), dtype=bool)
    mask[top : top + rows, left : left + columns] = True
    return mask


def _scar(window: Image, rng: np.random.Generator) -> Mask:
    height, width = window.shape[:2]
    side = min(height, width)
    down = np.arange(height)[:, None] - (height - 1) / 2
    right = np.arange(width) - (width - 1) / 2
    angle = rng.uniform(-STEEPEST, STEEPEST) + rng.integers(2) * np.pi / 2
    along = np.cos(angle) * right + np.sin(angle) * down
    across = np.cos(angle) * down - np.sin(angle) * right
    length, thickness = (rng.uniform(*shares) * side for shares in SCAR)
    return (np.abs(along) <= length / 2) & (np.abs(across) <= max(thickness, 2.0) / 2)
