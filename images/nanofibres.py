"""Drawn images that look like electrospun nanofibres in a scanning electron microscope.

Fibres are laid on each other from the depth upward: the deeper, the darker. Each is a slightly bent
line with a rounded profile and a shadow on what lies below.
"""

import numpy as np

from images.colour import Image
from images.defects import Defective

SIDE = 256


def draw_sample(seed: int) -> tuple[list[Image], list[tuple[str, Image | Defective]]]:
    """Ten normal images, and test images: four normal ones and three of each kind of defect."""
    rng = np.random.default_rng(seed)
    normal = [draw(rng) for _ in range(10)]
    test: list[tuple[str, Image | Defective]] = [("good", draw(rng)) for _ in range(4)]
    return normal, test


def draw(rng: np.random.Generator) -> Image:
    """One image without defects."""
    canvas = np.full((SIDE, SIDE), 0.03)
    for depth in np.linspace(0, 1, 160):
        _lay(canvas, rng, depth)
    canvas += rng.normal(scale=0.02, size=canvas.shape)
    levels = np.clip(np.rint(255 * canvas), 0, 255)
    return np.divide(levels, np.float32(255), dtype=np.float32)


def _lay(canvas: np.ndarray, rng: np.random.Generator, depth: float) -> None:
    rows, columns = np.indices(canvas.shape)
    angle = rng.uniform(0, np.pi)
    row, column = rng.uniform(0, SIDE, 2)
    along = np.cos(angle) * (columns - column) + np.sin(angle) * (rows - row)
    across = np.cos(angle) * (rows - row) - np.sin(angle) * (columns - column)
    across = across - rng.normal(scale=2e-4) * along**2
    width = rng.normal(8, 1)
    distance = np.abs(across)
    cover = np.clip(width / 2 - distance + 0.5, 0, 1)
    light = (0.1 + 0.8 * depth) * (1 - 0.15 * np.clip(2 * distance / width, 0, 1) ** 2)
    canvas *= 1 - 0.3 * np.exp(-np.clip(distance - width / 2, 0, None) / 3)
    canvas += cover * (light - canvas)
