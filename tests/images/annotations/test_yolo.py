"""YOLO segmentation."""

import pytest

from tests.images.annotations.made import box, data_set, finding, kinds, pixels
from tests.images.layouts.made import image

LINE = b"3 0.25 0.5 0.625 0.5 0.625 1 0.25 1\n"
"""A box from column 2 to 5 and from row 3 to 6, in parts of 8 and 6."""


@pytest.mark.parametrize(("picture", "text"), [("a.png", "a.txt"), ("images/c.png", "labels/c.txt"),
                         ("images/train/c.png", "labels/train/c.txt")])  # fmt: skip
def test_a_file_called_as_its_image_marks_it(picture: str, text: str) -> None:
    data = data_set({picture: image(3), text: LINE})
    if picture.startswith("images/train"):
        assert finding(data, picture)[1] == (
            "images/train/c.png is marked as defective in labels/train/c.txt, so it is not used "
            "for training."
        )
    else:
        assert pixels(data, picture) == box(range(3, 6), range(2, 5))
        assert kinds(data)[picture] == "class 3"


def test_an_empty_file_is_an_image_without_defects() -> None:
    data = data_set({"a.txt": LINE, "b.txt": b""})
    assert pixels(data, "b.png") == []
    assert kinds(data) == {"a.png": "class 3", "b.png": "good"}


def test_a_box_is_no_mask() -> None:
    data = data_set({"a.txt": LINE + b"0 0.5 0.5 0.1 0.1\n"})
    assert pixels(data, "a.png") is None
    assert kinds(data)["a.png"] == "class 0+class 3"


def test_other_text_is_no_annotation() -> None:
    data = data_set({"a.txt": b"taken on Monday", "classes.txt": b"dent\n", "x.txt": LINE})
    for name in ("a.txt", "classes.txt", "x.txt"):
        assert "is not a readable image" in finding(data, name)[1]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"0 0.1 0.1 0.2 0.2 2 0.3", "a line 2 of coordinates outside 0 to 1"),
        (b"0 0.1 0.1 0.2 0.2 0.3", "a line 2 of 5 numbers for a polygon"),
    ],
)
def test_a_wrong_line_is_told(line: bytes, reason: str) -> None:
    data = data_set({"a.txt": LINE + line})
    assert reason in finding(data, "a.txt")[1]
    assert len(data.test) == 2
