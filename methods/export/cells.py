"""Cells of a grid as values of a graph: their features, and their zones along the border."""

from dataclasses import dataclass

from methods.export.graph import Graph
from methods.export.resampling import numbers


@dataclass(frozen=True)
class Cells:
    """The cells of an image, row after row."""

    rows: str
    columns: str
    """How many rows and columns there are, single int64 values."""
    patches: str
    """(d, n): unlike in Python, features come before cells, as networks give them."""


def rows_of(g: Graph, patches: str) -> str:
    """Patches (d, n) as (n, d)."""
    return g("Transpose", patches, perm=[1, 0])


def side_zones(g: Graph, rows: str, columns: str, depth: int) -> str:
    """The zones (rows, columns) of `methods.patches.standardisation.border_zones`."""
    return _zones(g, rows, columns, depth)[0]


def zones_with_corners(g: Graph, rows: str, columns: str, depth: int) -> str:
    """The zones (rows, columns) of `methods.patches.even_border.sides_and_corners`."""
    sides, corner, farther = _zones(g, rows, columns, depth)
    own = g("Add", g("Add", g("Mul", corner, depth), farther), 1)
    return g("Where", g("Less", farther, depth), own, sides)


def _zones(g: Graph, rows: str, columns: str, depth: int) -> tuple[str, str, str]:
    """Zones along the sides, the number of the nearest corner after the sides, and the larger of
    the distances to the two nearest sides."""
    low, second_row = _distance(g, rows, 1)
    left, second_column = _distance(g, columns, 0)
    nearest = g("Min", low, left)
    side = g("Where", g("LessOrEqual", low, left), second_row, g("Add", second_column, 2))
    along = g("Add", g("Add", g("Mul", side, depth), nearest), 1)
    sides = g("Where", g("Less", nearest, depth), along, 0)
    corner = g("Add", g("Add", g("Mul", second_row, 2), second_column), 4)
    return sides, corner, g("Max", low, left)


def _distance(g: Graph, length: str, axis: int) -> tuple[str, str]:
    """The distance to the nearer end of a side, and 1 where that is the second end, else 0."""
    first = g("Unsqueeze", numbers(g, 0, length), [axis])
    second = g("Sub", g("Sub", length, 1), first)
    return g("Min", first, second), g("Where", g("Less", second, first), 1, 0)
