"""Masks and normal parts that a person drew."""

import numpy as np
import pytest

from images.colour import Mask
from images.dataset import GOOD, DataSet, Finding, Picture
from images.drawing.marks import mark
from images.drawing.shapes import Rectangle, Stroke

IMAGE = np.arange(20, dtype=np.float32).reshape(4, 5) / 20
SQUARE = Rectangle(1, 1, 3, 3)


def data_set(
    kind: str | None = None, mask: Mask | None = None, counted: Mask | None = None
) -> DataSet:
    test = Picture(
        "a.png",
        kind,
        IMAGE.copy,
        None if mask is None else mask.copy,
        None if counted is None else counted.copy,
    )
    return DataSet("one", (), (test,), findings=(Finding("a.png", "test", "Test image."),))


def pixels(mask: Mask | None) -> list[list[int]]:
    assert mask is not None
    return np.argwhere(mask).tolist()


def test_a_drawn_mask_is_the_truth() -> None:
    (picture,) = mark(data_set(), masks={"a.png": [SQUARE]}, normal_parts={}).test
    assert pixels(picture.mask()) == [[1, 1], [1, 2], [2, 1], [2, 2]]
    assert picture.defective()
    assert picture.read_counted is None


def test_it_changes_the_mask_that_was_there() -> None:
    before = np.zeros((4, 5), dtype=bool)
    before[0, 0] = before[1, 1] = True
    shapes = [Rectangle(1, 0, 5, 4, erases=True), Stroke(((4.5, 3.5),), 0.75)]
    (picture,) = mark(data_set("hole", before), masks={"a.png": shapes}, normal_parts={}).test
    assert pixels(picture.mask()) == [[0, 0], [3, 4]]
    assert picture.kind == "hole"


def test_a_part_is_learned_from_and_not_judged() -> None:
    found = mark(data_set(), masks={}, normal_parts={"a.png": [SQUARE]})
    (normal,), (test,) = found.normal, found.test
    assert normal.name == "a.png (normal part 1)"
    assert normal.kind == GOOD
    assert normal.read().tolist() == IMAGE[1:3, 1:3].tolist()
    assert normal.read_counted is None
    assert test.read().tolist() == IMAGE.tolist()
    assert test.read_counted is not None
    assert pixels(~test.read_counted()) == [[1, 1], [1, 2], [2, 1], [2, 2]]
    assert [finding.text for finding in found.findings] == [
        "Test image. A part of it is used as normal.",
        "Normal image: columns 1 to 2 and rows 1 to 2 of a.png.",
    ]


def test_a_part_keeps_to_the_region_of_interest() -> None:
    region = np.zeros((4, 5), dtype=bool)
    region[:, 2:] = True
    found = mark(data_set(counted=region), masks={}, normal_parts={"a.png": [SQUARE]})
    assert found.normal[0].read_counted is not None
    assert found.test[0].read_counted is not None
    assert found.normal[0].read_counted().tolist() == [[False, True], [False, True]]
    expected = region.copy()
    expected[1:3, 1:3] = False
    assert (found.test[0].read_counted() == expected).all()


def test_a_defect_on_an_image_that_is_said_to_be_good_is_doubted() -> None:
    (finding,) = mark(data_set(GOOD), masks={"a.png": [SQUARE]}, normal_parts={}).findings
    assert finding.warning == "A defect was drawn on a.png, which is labelled as good."


def test_what_was_not_drawn_on_stays_as_it_is() -> None:
    data = data_set()
    assert mark(data, masks={"b.png": [SQUARE]}, normal_parts={"b.png": [SQUARE]}) == data


@pytest.mark.parametrize("part", [SQUARE, Rectangle(0, 0, 2, 2)])
def test_the_same_pixels_are_known_again(part: Rectangle) -> None:
    data = data_set()
    one = mark(data, masks={}, normal_parts={"a.png": [SQUARE]}).normal[0].read
    other = mark(data, masks={"a.png": [SQUARE]}, normal_parts={"a.png": [part]}).normal[0].read
    assert (one == other) is (part == SQUARE)
