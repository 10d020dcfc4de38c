"""Curves and the table of numbers, drawn with Pillow for pages to print."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw

from evaluation.metrics.curves import Curve, Undefined
from evaluation.report.curve_plots import AXES, CURVES, CurveKind, curve_of, seen
from evaluation.report.drawn_text import Pen, Place
from evaluation.report.plots import PlottedMethod, dash_of

FINE = 3
"""How much finer plots are drawn than they are shown, so that lines are smooth."""
GRID, FRAME = "#dddddd", "#888888"
DASH_LENGTHS: Mapping[str, Sequence[int]] = {
    "solid": (1, 0),
    "dash": (18, 8),
    "dot": (4, 6),
    "dashdot": (18, 6, 4, 6),
}
"""Drawn and left out in turn, pixels."""
GAP = 36
LETTERS = 19
LARGEST, SMALLEST = 26, 9
"""Sizes of letters in the table, pixels."""


def draw_plots(
    picture: Pillow.Image, pen: Pen, place: Place, width: int, lines: Sequence[PlottedMethod]
) -> int:
    """Draw the curves of all methods side by side; returns where they end."""
    x, y = round(place[0]), round(place[1])
    side = (width - GAP * (len(CURVES) - 1)) // len(CURVES)
    for at, (kind, level) in enumerate(CURVES):
        left = x + at * (side + GAP)
        pen.text((left, y), kind if kind == "PRO" else f"{kind}, {level}s", LETTERS + 3, bold=True)
        curves: list[Curve] = []
        try:
            curves = [curve_of(kind, level, line.assessment) for line in lines]
        except Undefined as reason:
            pen.text((left, y + 60), f"No curve: {reason}.", LETTERS, width=side)
        picture.paste(_plot(side, curves, lines), (left, y + 36))
        _axes(pen, kind, (left, y + 36), side)
    return y + 36 + side + 70


def draw_table(
    pen: Pen,
    place: Place,
    width: int,
    rows: Sequence[Sequence[str]],
    colours: Sequence[str],
    bottom: int,
) -> None:
    """Draw a table, its first row as the heading, in letters small enough to end above `bottom`."""
    x, y = place
    cells = max(len(rows[0]) - 1, 1)
    size = int(min(LARGEST, (bottom - y) / len(rows) / 1.5))
    while True:
        first = min(width * 0.3, max(pen.length(row[0], size) for row in rows) + 3 * size)
        step = max(pen.length(cell, size) for row in rows for cell in row[1:]) + 1.5 * size
        if first + cells * step <= width or size <= SMALLEST:
            break
        size -= 1
    for at, row in enumerate(rows):
        top = y + at * size * 1.5
        pen.label((x, top), row[0], size, colours[at - 1] if at else None, width=first - size)
        for column, cell in enumerate(row[1:]):
            pen.label((x + first + column * step, top), cell, size, None, width=step)
        if not at:
            pen.draw.line((x, top + size * 1.4, x + first + cells * step, top + size * 1.4), FRAME)


def _plot(side: int, curves: Sequence[Curve], lines: Sequence[PlottedMethod]) -> Pillow.Image:
    fine = Pillow.new("RGB", (side * FINE, side * FINE), "white")
    draw = ImageDraw.Draw(fine)
    end = side * FINE - 1
    for part in np.linspace(0, end, 6):
        draw.line((part, 0, part, end), GRID, FINE)
        draw.line((0, part, end, part), GRID, FINE)
    draw.rectangle((0, 0, end, end), outline=FRAME, width=FINE)
    for at, (curve, line) in enumerate(zip(map(seen, curves), lines, strict=False)):
        points = np.stack([curve.x * end, (1 - curve.y) * end], axis=1)
        for piece in _dashed(points, [FINE * part for part in DASH_LENGTHS[dash_of(at)]]):
            draw.line([tuple(point) for point in piece], line.colour, 3 * FINE, joint="curve")
    return fine.resize((side, side), Pillow.Resampling.LANCZOS)


def _dashed(points: NDArray[np.float64], pattern: list[int]) -> list[NDArray[np.float64]]:
    """The drawn pieces of a line (n, 2)."""
    if not pattern[1]:
        return [points]
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    ends = np.cumsum([0, *pattern * (int(along[-1] // sum(pattern)) + 1)])
    pieces = []
    for at, (start, end) in enumerate(pairwise(ends)):
        if at % 2 or start >= along[-1]:
            continue
        inside = (along > start) & (along < end)
        places = np.concatenate([[start], along[inside], [min(end, along[-1])]])
        pieces.append(
            np.stack([np.interp(places, along, points[:, axis]) for axis in (0, 1)], axis=1)
        )
    return pieces


def _axes(pen: Pen, kind: CurveKind, place: Place, side: int) -> None:
    """What lies along both axes, under the plot."""
    across, up = AXES[kind]
    x, y = place
    pen.label((x, y + side + 4), f"0 to 1: {across}", LETTERS - 2, None, width=side)
    pen.label((x, y + side + 28), f"up: {up}", LETTERS - 2, None, width=side)
