"""Drawn maps of the dies on wafers, by the pattern in which they fail.

The patterns are named as those of maps in semiconductor production. A die is one pixel: black
outside the wafer and where dies are missing, grey where a die works, white where it fails. Places,
directions and sizes are drawn at random, and some dies fail anywhere.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from images.colour import Image, Mask

SIDE = 52
"""Of an image, in dies."""
RADIUS = 0.97
"""Of the wafer; in the shapes below, 1 is half the side of an image."""
WORKS, FAILS = np.float32(128 / 255), np.float32(1)
FAILING = 0.85
"""Share of the dies in a pattern that fail."""

Plane = NDArray[np.float64]
Shape = Callable[[Plane, Plane, np.random.Generator], Mask]
"""Where dies fail, by the coordinates of each die from -1 to 1, which are turned at random."""


def draw_wafer(pattern: str, rng: np.random.Generator) -> Image:
    """A map (SIDE, SIDE) with one of `PATTERNS`."""
    x, y = _coordinates(rng)
    wafer = np.hypot(x, y) <= RADIUS
    failing = PATTERNS[pattern](x, y, rng) & (rng.random(x.shape) < FAILING)
    anywhere = rng.random(x.shape) < rng.uniform(0.02, 0.08)
    dies = np.where(failing | anywhere, FAILS, WORKS)
    if pattern == INCOMPLETE:
        wafer &= x < rng.uniform(0.0, 0.5)
    return np.where(wafer, dies, np.float32(0)).astype(np.float32)


def _coordinates(rng: np.random.Generator) -> tuple[Plane, Plane]:
    """Of each die, turned by a random angle about the middle."""
    across = (np.arange(SIDE) + 0.5) * 2 / SIDE - 1
    angle = rng.uniform(0, 2 * np.pi)
    right, down = np.meshgrid(across, across)
    return (
        right * np.cos(angle) + down * np.sin(angle),
        down * np.cos(angle) - right * np.sin(angle),
    )


def _basketball(x: Plane, y: Plane, rng: np.random.Generator) -> Mask:
    """The seams of a ball: a cross and an arc on each side."""
    width, bend = rng.uniform(0.05, 0.07), rng.uniform(0.55, 0.7)
    arcs = [np.abs(np.hypot(x - side, y) - bend) < width for side in (-1, 1)]
    return (np.abs(x) < width) | (np.abs(y) < width) | arcs[0] | arcs[1]


def _big_cluster(x: Plane, y: Plane, rng: np.random.Generator) -> Mask:
    return _lump(x, y, rng, rng.uniform(0.35, 0.5), 0.45)


def _small_cluster(x: Plane, y: Plane, rng: np.random.Generator) -> Mask:
    return _lump(x, y, rng, rng.uniform(0.12, 0.2), 0.7)


def _lump(x: Plane, y: Plane, rng: np.random.Generator, radius: float, farthest: float) -> Mask:
    """A patch with a wavy outline, its middle at most so far from that of the wafer."""
    along = rng.uniform(0, farthest)
    angle = np.arctan2(y, x - along)
    waves = sum(
        rng.uniform(0, 0.12) * np.cos(count * angle + rng.uniform(0, 2 * np.pi))
        for count in (2, 3, 5)
    )
    return np.hypot(x - along, y) < radius * (1 + waves)


def _donut(x: Plane, y: Plane, rng: np.random.Generator) -> Mask:
    """A thick ring about the middle that leaves the edge alone."""
    inner = rng.uniform(0.2, 0.35)
    distance = np.hypot(x - rng.uniform(-0.1, 0.1), y)
    return (distance > inner) & (distance < inner + rng.uniform(0.22, 0.35))


def _grid(x: Plane, y: Plane, rng: np.random.Generator) -> Mask:
    """Lines of failing dies in both directions of the image, evenly apart."""
    step = int(rng.integers(6, 10))
    rows, columns = np.indices(x.shape)
    first = rng.integers(0, step, 2)
    return (rows % step == first[0]) | (columns % step == first[1])


def _half_moon(x: Plane, y: Plane, rng: np.random.Generator) -> Mask:
    """A crescent along one side."""
    return np.hypot(x + rng.uniform(0.4, 0.6), y) > rng.uniform(0.9, 1.0)


def _nothing(x: Plane, y: Plane, rng: np.random.Generator) -> Mask:
    return np.zeros(x.shape, dtype=bool)


def _fingerprints(x: Plane, y: Plane, rng: np.random.Generator) -> Mask:
    """Bent ridges side by side in an oval."""
    x, y = x - rng.uniform(0, 0.3), y - rng.uniform(-0.2, 0.2)
    oval = np.hypot(x / 0.5, y / 0.7) < rng.uniform(0.85, 1.1)
    ridges = np.hypot(x / 0.8, y + rng.uniform(0.1, 0.4)) + 0.05 * np.sin(5 * x)
    return oval & (np.sin(ridges * rng.uniform(32, 38)) > 0.1)


def _ring(x: Plane, y: Plane, rng: np.random.Generator) -> Mask:
    """The edge of the wafer."""
    return np.hypot(x, y) > RADIUS - rng.uniform(0.1, 0.2)


def _slice(x: Plane, y: Plane, rng: np.random.Generator) -> Mask:
    """A piece as of a cake."""
    return (np.abs(np.arctan2(y, x)) < rng.uniform(0.25, 0.5)) & (x > 0.05)


def _zigzag(x: Plane, y: Plane, rng: np.random.Generator) -> Mask:
    """A line over the wafer that goes up and down in straight pieces."""
    period, height = rng.uniform(0.35, 0.5), rng.uniform(0.2, 0.3)
    phase = (x / period + rng.uniform(0, 1)) % 1
    line = height * (4 * np.abs(phase - 0.5) - 1) + rng.uniform(-0.3, 0.3)
    return (np.abs(y - line) < 0.09) & (np.abs(x) < 0.85)


def _scratch(x: Plane, y: Plane, rng: np.random.Generator) -> Mask:
    """A thin, slightly bent line."""
    line = rng.uniform(-0.5, 0.5) + rng.uniform(-0.3, 0.3) * x**2
    return (np.abs(y - line) < 0.035) & (np.abs(x - rng.uniform(-0.3, 0.3)) < rng.uniform(0.4, 0.7))


INCOMPLETE = "incomplete"
"""The pattern in which dies are missing on one side."""
PATTERNS: Mapping[str, Shape] = {
    "basketball": _basketball,
    "big cluster": _big_cluster,
    "donut": _donut,
    "fingerprints": _fingerprints,
    "grid": _grid,
    "half moon": _half_moon,
    INCOMPLETE: _nothing,
    "none": _nothing,
    "ring": _ring,
    "scratch": _scratch,
    "slice": _slice,
    "small cluster": _small_cluster,
    "zigzag": _zigzag,
}
