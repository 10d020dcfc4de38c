"""Shapes become masks: which pixels are in them."""

import numpy as np
import pytest

from images.annotations.annotation import Ellipse, Polygon, Runs, points_of, rectangle
from tests.images.annotations.made import HEIGHT, WIDTH, box


def marked(shape: Polygon | Ellipse | Runs) -> list[list[int]]:
    return np.argwhere(shape.mask(HEIGHT, WIDTH)).tolist()


def test_a_box_from_edge_to_edge_holds_the_pixels_between() -> None:
    assert marked(rectangle(2, 1, 5, 4)) == box(range(1, 4), range(2, 5))
    assert marked(rectangle(5, 4, 2, 1)) == box(range(1, 4), range(2, 5))
    assert marked(rectangle(0, 0, WIDTH, HEIGHT)) == box(range(HEIGHT), range(WIDTH))


def test_a_pixel_is_in_when_its_centre_is() -> None:
    assert marked(rectangle(1.4, 0, 2.6, 1)) == [[0, 1], [0, 2]]
    assert marked(rectangle(1.4, 0.6, 2.6, 1.6)) == [[1, 1], [1, 2]]


def test_a_triangle() -> None:
    """Its long side is x + y = 4, on which lie the centres where row and column sum up to 3."""
    expected = [[row, column] for row in range(4) for column in range(4 - row)]
    assert marked(Polygon(((0, 0), (4, 0), (0, 4)))) == expected


def test_what_holds_no_centre_marks_where_its_outline_runs() -> None:
    assert marked(Polygon(((1.2, 2.1), (6.1, 2.1), (6.1, 2.3)))) == box(range(2, 3), range(1, 7))
    assert marked(rectangle(3.1, 4.1, 3.2, 4.2)) == [[4, 3]]
    assert marked(rectangle(1.6, 0.2, 2.4, 0.8)) == [[0, 1], [0, 2]]
    assert marked(rectangle(1e9, 1e9, 2e9, 2e9)) == []


def test_what_leaves_the_image_is_cut_off() -> None:
    assert marked(rectangle(-5, -5, 2, 1)) == [[0, 0], [0, 1]]
    assert marked(rectangle(6, 5, 1e12, 1e12)) == [[5, 6], [5, 7]]


def test_an_ellipse() -> None:
    """Around (4, 3), with a half axis of 1.6 both ways: centres at distances 0.71 and 1.58."""
    expected = [[1, 3], [1, 4], *box(range(2, 4), range(2, 6)), [4, 3], [4, 4]]
    assert marked(Ellipse(4, 3, 1.6, 1.6)) == expected
    assert marked(Ellipse(4, 3, 2.6, 0.6)) == box(range(2, 4), range(3, 5))


def test_runs_along_rows_and_down_columns() -> None:
    assert marked(Runs((1, 2, 1), 2, 2, 3, 1)) == [[1, 4], [2, 3]]
    assert marked(Runs((1, 2, 1), 2, 2, 3, 1, by_columns=True)) == [[1, 4], [2, 3]]
    assert marked(Runs((0, 3, 3), 3, 2)) == [[0, 0], [0, 1], [0, 2]]
    assert marked(Runs((0, 3, 3), 3, 2, by_columns=True)) == [[0, 0], [0, 1], [1, 0]]
    assert marked(Runs((4,), 2, 2)) == []


@pytest.mark.parametrize(
    ("runs", "reason"),
    [
        (Runs((1, 2), 2, 2), "run lengths for 3 pixels, of 2 x 2"),
        (Runs((-1, 5), 2, 2), "run lengths for 4 pixels, of 2 x 2"),
        (Runs((0, 4), 2, 2, 7, 0), "run lengths of 2 x 2 pixels, which go beyond it"),
        (Runs((0, 4), 2, 2, -1, 0), "run lengths of 2 x 2 pixels, which go beyond it"),
        (Runs((10**18,), 10**9, 10**9), "pixels, which go beyond it"),
        (Runs((6,), -2, -3), "run lengths of -2 x -3 pixels, which go beyond it"),
    ],
)
def test_runs_that_do_not_fit(runs: Runs, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        runs.mask(HEIGHT, WIDTH)


@pytest.mark.parametrize("numbers", [[], [1, 2, 3, 4], [1, 2, 3, 4, 5, 6, 7], [np.nan] * 6])
def test_points_that_are_no_polygon(numbers: list[float]) -> None:
    with pytest.raises(ValueError, match=r"coordinates that are not numbers|numbers for a polygon"):
        points_of(numbers)
