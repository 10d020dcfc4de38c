"""Drawn images that look like electrospun nanofibres in a scanning electron microscope.

Fibres are laid on each other from the depth upward: the deeper, the darker and softer. Each is a
slightly bent line with a rounded profile, a bright rim and a shadow on what lies below. A defect is
laid among the fibres, so that others cross over it; the same image without it tells its mask.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_closing, gaussian_filter

from images.colour import Image
from images.dataset import GOOD
from images.samples.defects import Defective, paint

SIDE = 256
FIBRES = 130
WIDTH = 7.5
"""Of a fibre, in pixels."""
REACH = 13
"""Pixels on each side of a fibre's middle that it and its shadow can change."""

Canvas = NDArray[np.float32]
Laid = Mapping[int, Callable[[Canvas], None]]
"""What is painted after the fibre of a number."""


@dataclass(frozen=True)
class Fibre:
    """A line over the whole image, from left to right or, when steep, from top to bottom."""

    steep: bool
    middle: Canvas
    """(SIDE,): across, for each pixel along."""
    width: float
    depth: float
    """0 at the bottom, 1 on top."""
    gap: tuple[float, float] | None = None
    """Where it is torn, in pixels along."""


def draw_sample(seed: int) -> tuple[list[Image], list[tuple[str, Image | Defective]]]:
    """12 normal images for training, and for testing 4 normal ones and 3 of each kind of defect."""
    rng = np.random.default_rng(seed)
    normal = [draw(rng) for _ in range(12)]
    test: list[tuple[str, Image | Defective]] = [(GOOD, draw(rng)) for _ in range(4)]
    for kind, defect in DEFECTS.items():
        test += [(kind, draw_defective(rng, defect)) for _ in range(3)]
    return normal, test


def draw(rng: np.random.Generator) -> Image:
    """One image without defects, (SIDE, SIDE), in steps of 1/255."""
    return _finish(_render(_fibres(rng), {}), rng)


def draw_defective(rng: np.random.Generator, defect: "Defect") -> Defective:
    """One image with a defect. The mask holds every pixel that the defect changes visibly."""
    fibres = _fibres(rng)
    clean = _render(fibres, {})
    spoiled = _render(*defect(fibres, rng))
    mask = binary_closing(np.abs(spoiled - clean) > 0.03, iterations=3)
    grain = rng.integers(2**32)
    image, changed = (_finish(each, np.random.default_rng(grain)) for each in (clean, spoiled))
    return paint(image, mask, changed)


def bead(fibres: Sequence[Fibre], rng: np.random.Generator) -> tuple[Sequence[Fibre], Laid]:
    """A drop that has dried on a fibre, longer than wide."""
    places = [
        (number, at)
        for number, fibre in enumerate(fibres)
        for at in range(SIDE // 5, SIDE - SIDE // 5)
        if fibre.depth > 0.93 and abs(fibre.middle[at] - SIDE / 2) < 0.3 * SIDE
    ]
    number, at = places[rng.integers(len(places))]
    fibre = fibres[number]
    length, width = rng.uniform([1.8, 1.2], [2.6, 1.6]) * fibre.width

    def lay(canvas: Canvas) -> None:
        canvas = canvas.T if fibre.steep else canvas
        across, along = np.indices(canvas.shape)
        slope = fibre.middle[at + 1] - fibre.middle[at]
        right, down = (along - at), (across - fibre.middle[at])
        straight = 1 / np.hypot(1, slope)
        distance = np.hypot(
            (right + slope * down) * straight / length, (down - slope * right) * straight / width
        )
        light = _light(fibre.depth) * (0.8 + 0.12 * np.cos(2.5 * distance))
        _lay(canvas, distance, width, light)

    return fibres, {number: lay}


def film(fibres: Sequence[Fibre], rng: np.random.Generator) -> tuple[Sequence[Fibre], Laid]:
    """A skin of polymer between the fibres, drawn out to points where they hold it."""
    number = int(FIBRES * 0.88)
    row, column = rng.uniform(0.3, 0.7, 2) * SIDE
    radius, points = rng.uniform(30, 42), int(rng.integers(5, 9))
    turn, stretch = rng.uniform(0, np.pi, 2)
    clouds = gaussian_filter(rng.normal(size=(SIDE, SIDE)), 6)
    level = rng.uniform(0.55, 0.68)

    def lay(canvas: Canvas) -> None:
        rows, columns = np.indices(canvas.shape)
        down, right = rows - row, columns - column
        angle = np.arctan2(down, right)
        edge = radius * (0.8 + 0.6 * (1 - np.abs(np.sin(points * angle / 2 + turn))) ** 2)
        edge *= 1 + 0.25 * np.cos(2 * angle + stretch)
        distance = np.hypot(down, right) / edge
        light = level + 0.04 * clouds / clouds.std() + 0.2 * np.clip(distance, 0, 1) ** 6
        _lay(canvas, distance, radius, light)

    return fibres, {number: lay}


def broken(fibres: Sequence[Fibre], rng: np.random.Generator) -> tuple[Sequence[Fibre], Laid]:
    """An area where the upper fibres are torn; their ends stick out into it."""
    row, column = rng.uniform(0.3, 0.7, 2) * SIDE
    radius = rng.uniform(40, 52)
    torn = []
    for fibre in fibres:
        along, across = (row, column) if fibre.steep else (column, row)
        reached = np.hypot(np.arange(SIDE) - along, fibre.middle - across) < radius
        if fibre.depth > 0.4 and reached.any():
            first, last = np.flatnonzero(reached)[[0, -1]]
            start, stop = first + (last - first) * rng.uniform([0, 0.6], [0.4, 1])
            fibre = replace(fibre, gap=(start - fibre.width, stop + fibre.width))
        torn.append(fibre)
    return torn, {}


Defect = Callable[[Sequence[Fibre], np.random.Generator], tuple[Sequence[Fibre], Laid]]
DEFECTS: dict[str, Defect] = {"bead": bead, "film": film, "broken": broken}


def _fibres(rng: np.random.Generator) -> list[Fibre]:
    """Fibres of any direction, the deepest first."""
    along = np.linspace(-1, 1, SIDE, dtype=np.float32)
    fibres = []
    for depth in np.linspace(0, 1, FIBRES):
        slope = np.tan(rng.uniform(-np.pi / 4, np.pi / 4))
        middle = rng.uniform(-0.5, 1.5) * SIDE + slope * along * SIDE / 2
        middle += rng.normal(scale=7) * along**2
        middle += rng.normal(scale=1.2) * np.sin(rng.uniform(2, 9) * along + rng.uniform(0, 6))
        width = WIDTH * rng.lognormal(0, 0.13)
        fibres.append(Fibre(bool(rng.integers(2)), middle, width, float(depth)))
    return fibres


def _render(fibres: Sequence[Fibre], laid: Laid) -> Canvas:
    canvas = np.full((SIDE, SIDE), 0.02, dtype=np.float32)
    for number, fibre in enumerate(fibres):
        _lay_fibre(canvas.T if fibre.steep else canvas, fibre)
        if number in laid:
            laid[number](canvas)
    return canvas


def _lay_fibre(canvas: Canvas, fibre: Fibre) -> None:
    """Lay a fibre that runs from left to right; only the strip around it is looked at."""
    columns = np.flatnonzero((fibre.middle > -REACH) & (fibre.middle < SIDE + REACH))
    rows = np.rint(fibre.middle[columns]).astype(int) + np.arange(-REACH, REACH + 1)[:, None]
    slope = np.gradient(fibre.middle)[columns]
    straight = 1 / np.hypot(1, slope)
    down = rows - fibre.middle[columns]
    distance = np.abs(down) * straight
    if fibre.gap is not None:
        foot = columns + down * slope * straight**2
        start, stop = fibre.gap
        distance = np.hypot(distance, np.minimum(foot - start, stop - foot).clip(0) / straight)
    distance = distance * 2 / fibre.width
    inside = (rows >= 0) & (rows < SIDE)
    strip = canvas[rows.clip(0, SIDE - 1), columns]
    light = _light(fibre.depth) * (1 - 0.2 * np.clip(distance, 0, 1) ** 2)
    _lay(strip, distance, fibre.width / 2, light)
    canvas[rows[inside], np.broadcast_to(columns, rows.shape)[inside]] = strip[inside]


def _lay(canvas: Canvas, distance: Canvas, radius: float, light: Canvas) -> None:
    """Lay a body on what is there: `distance` is 0 at its middle and 1 at its edge."""
    outside = (distance - 1) * radius
    canvas *= 1 - 0.45 * np.exp(-np.clip(outside, 0, None) / 2.5)
    canvas += np.clip(0.5 - outside, 0, 1) * (light - canvas)


def _light(depth: float) -> float:
    """Brightness of a body: nearly white in the upper third, fading to black below."""
    return float(0.03 + 0.93 * np.sin(np.pi / 2 * min(1.0, 1.2 * depth)) ** 2)


def _finish(canvas: Canvas, rng: np.random.Generator) -> Image:
    """What the microscope adds: a soft focus, uneven light and grain."""
    down, right = np.linspace(-1, 1, SIDE)[:, None], np.linspace(-1, 1, SIDE)
    tilt, bow = rng.normal(scale=0.04, size=(2, 2))
    light = 1 + tilt[0] * down + tilt[1] * right + bow[0] * down**2 + bow[1] * right**2
    seen = gaussian_filter(canvas, 0.6) * light
    seen += rng.normal(scale=0.012 + 0.02 * seen)
    levels = np.clip(np.rint(255 * seen), 0, 255)
    return np.divide(levels, np.float32(255), dtype=np.float32)
