"""Shapes on small grids whose pixels were counted by hand."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from images.colour import Mask
from images.drawing.shapes import Rectangle, Shape, Stroke, draw


def drawn(shapes: list[Shape], height: int = 4, width: int = 6) -> Mask:
    return draw(np.zeros((height, width), dtype=bool), shapes)


def grid(*rows: str) -> list[list[bool]]:
    return [[sign == "#" for sign in row] for row in rows]


def test_a_rectangle_covers_whole_pixels() -> None:
    assert drawn([Rectangle(1, 1, 4, 3)]).tolist() == grid(
        "......",
        ".###..",
        ".###..",
        "......",
    )


def test_what_lies_outside_is_cut_off() -> None:
    assert drawn([Rectangle(-5, -5, 1, 2), Rectangle(5, 3, 99, 99)]).tolist() == grid(
        "#.....",
        "#.....",
        "......",
        ".....#",
    )
    assert not drawn([Rectangle(9, 9, 12, 12)]).any()
    assert not drawn([Rectangle(-9, -9, -2, -2)]).any()


def test_a_dab_covers_pixels_whose_centre_is_near() -> None:
    # Centres lie 0, 1 and 1.41 from (2.5, 1.5).
    assert drawn([Stroke(((2.5, 1.5),), 1.2)]).tolist() == grid(
        "..#...",
        ".###..",
        "..#...",
        "......",
    )


def test_a_stroke_has_no_gaps() -> None:
    assert drawn([Stroke(((0.5, 0.5), (5.5, 0.5), (5.5, 3.5)), 0.9)]).tolist() == grid(
        "######",
        ".....#",
        ".....#",
        ".....#",
    )


def test_a_slanted_stroke() -> None:
    # From corner to corner of a square: the centres of its diagonal lie on the line, those beside
    # it 0.71 away.
    assert drawn([Stroke(((0.0, 0.0), (4.0, 4.0)), 0.5)]).tolist() == grid(
        "#.....",
        ".#....",
        "..#...",
        "...#..",
    )


def test_the_eraser_takes_away_what_was_there_before() -> None:
    start = np.ones((2, 3), dtype=bool)
    shapes: list[Shape] = [Rectangle(0, 0, 2, 2, erases=True), Stroke(((0.5, 0.5),), 0.75)]
    assert draw(start, shapes).tolist() == grid("#.#", "..#")
    assert start.all()


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.tuples(st.floats(-20, 40), st.floats(-20, 40)), min_size=1, max_size=5),
    st.floats(0.75, 9),
)
def test_a_stroke_is_the_union_of_its_points_and_ways(
    points: list[tuple[float, float]], radius: float
) -> None:
    rows, columns = np.mgrid[:20, :30] + 0.5
    near = np.zeros((20, 30), dtype=bool)
    for x, y in points:
        near |= np.hypot(columns - x, rows - y) <= radius - 1e-9
    found = drawn([Stroke(tuple(points), radius)], 20, 30)
    assert found[near].all()
    backwards = drawn([Stroke(tuple(points[::-1]), radius)], 20, 30)
    assert np.mean(found != backwards) < 0.01  # rounding on the rim
