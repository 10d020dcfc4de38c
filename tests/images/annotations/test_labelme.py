"""LabelMe."""

import base64
import json
from typing import Any

import numpy as np
import pytest

from tests.images.annotations.made import box, data_set, finding, kinds, pixels
from tests.odd_input.encoding import encoded


def labelme(*shapes: dict[str, Any], image: str = "a.png", **more: Any) -> bytes:
    shapes = tuple({"label": "dent", **shape} for shape in shapes)
    whole = {"imagePath": image, "imageWidth": 8, "imageHeight": 6, "shapes": shapes, **more}
    return json.dumps(whole).encode()


BITMAP = base64.b64encode(encoded(np.array([[0, 255], [255, 0]], np.uint8), "PNG")).decode()


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (
            {"shape_type": "polygon", "points": [[2, 1], [5, 1], [5, 4], [2, 4]]},
            box(range(1, 4), range(2, 5)),
        ),
        ({"points": [[2, 1], [5, 1], [5, 4], [2, 4]]}, box(range(1, 4), range(2, 5))),
        ({"shape_type": "rectangle", "points": [[5, 4], [2, 1]]}, box(range(1, 4), range(2, 5))),
        (
            {"shape_type": "circle", "points": [[4, 3], [4, 4.6]]},
            [[1, 3], [1, 4], *box(range(2, 4), range(2, 6)), [4, 3], [4, 4]],
        ),
        (
            {"shape_type": "mask", "points": [[3, 1], [4, 2]], "mask": BITMAP},
            [[1, 4], [2, 3]],
        ),
    ],
)
def test_shapes_are_masks(shape: dict[str, Any], expected: list[list[int]]) -> None:
    data = data_set({"a.json": labelme(shape), "b.json": labelme(image="..\\x\\b.png")})
    assert pixels(data, "a.png") == expected
    assert pixels(data, "b.png") == []
    assert kinds(data) == {"a.png": "dent", "b.png": "good"}
    assert data.understood.endswith(" What 2 files (LabelMe) mark is treated as a defect.")


@pytest.mark.parametrize("kind", ["point", "line", "linestrip"])
def test_what_has_no_area_is_no_mask(kind: str) -> None:
    data = data_set({"a.json": labelme({"shape_type": kind, "points": [[1, 1]]})})
    assert pixels(data, "a.png") is None
    assert kinds(data)["a.png"] == "dent"


def test_a_bitmap_that_leaves_the_image_is_told() -> None:
    shape = {"shape_type": "mask", "points": [[7, 1], [8, 2]], "mask": BITMAP}
    data = data_set({"a.json": labelme(shape)})
    assert (
        "a mask of 2 x 2 pixels that goes beyond it, so a.png has no mask."
        in finding(data, "a.png")[2]
    )


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        ({"points": [[1, 2], [3, 4]]}, "4 numbers for a polygon"),
        ({"points": [[1, 2, 3]]}, "too many values"),
        ({}, "no 'points'"),
        ({"shape_type": "rectangle", "points": [[1, 2]]}, "not enough values"),
        ({"points": [[1, 2], [3, float("inf")], [1, 1]]}, "coordinates that are not numbers"),
        ({"shape_type": "mask", "points": [[1, 2]], "mask": "?"}, "a mask that is not base64"),
    ],
)
def test_a_damaged_file_is_not_used_and_the_rest_goes_on(
    shape: dict[str, Any], reason: str
) -> None:
    data = data_set({"a.json": labelme(shape)})
    assert len(data.test) == 2
    role, said, _ = finding(data, "a.json")
    assert (role, reason in said) == ("not used", True)
    assert said.startswith("a.json is not a valid LabelMe file: ")
