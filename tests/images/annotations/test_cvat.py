"""CVAT for images."""

import pytest

from tests.images.annotations.made import box, data_set, finding, kinds, pixels


def cvat(marks: str, image: str = "a.png", size: str = 'width="8" height="6"') -> bytes:
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<annotations><version>1.1</version>'
        f'<image id="0" name="{image}" {size}>{marks}</image>'
        '<image id="1" name="b.png" width="8" height="6"><tag label="seen"/></image>'
        "</annotations>"
    ).encode()


@pytest.mark.parametrize(
    ("mark", "expected"),
    [
        ('<polygon label="hole" points="2,1;5,1;5,4;2,4"/>', box(range(1, 4), range(2, 5))),
        ('<box label="hole" xtl="2" ytl="1" xbr="5" ybr="4"/>', box(range(1, 4), range(2, 5))),
        (
            '<ellipse label="hole" cx="4" cy="3" rx="2.6" ry="0.6"/>',
            box(range(2, 4), range(3, 5)),
        ),
        (
            '<mask label="hole" rle="1, 2, 1" left="3" top="1" width="2" height="2"/>',
            [[1, 4], [2, 3]],
        ),
    ],
)
def test_shapes_are_masks(mark: str, expected: list[list[int]]) -> None:
    data = data_set({"annotations.xml": cvat(mark)})
    assert pixels(data, "a.png") == expected
    assert pixels(data, "b.png") == []
    assert kinds(data) == {"a.png": "hole", "b.png": "good"}
    assert data.understood.endswith("What annotations.xml (CVAT for images) marks is treated as "
                                    "a defect.")  # fmt: skip


def test_points_and_lines_are_no_mask() -> None:
    data = data_set({"a.xml": cvat('<points label="hole" points="1,1"/>')})
    assert pixels(data, "a.png") is None
    assert kinds(data)["a.png"] == "hole"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (cvat("<polygon"), "not well-formed"),
        (cvat("<polygon/>"), "no 'points'"),
        (cvat('<polygon points="1,2;3"/>'), "3 numbers for a polygon"),
        (cvat('<box xtl="x" ytl="1" xbr="5" ybr="4"/>'), "could not convert string to float"),
        (cvat('<ellipse cx="nan" cy="3" rx="2" ry="1"/>'), "coordinates that are not numbers"),
        (cvat("", size=""), "no 'width'"),
        (
            b'<!DOCTYPE x [<!ENTITY a "b">]><annotations><image name="&a;"/></annotations>',
            "it declares XML entities",
        ),
    ],
)
def test_a_damaged_file_is_not_used_and_the_rest_goes_on(text: bytes, reason: str) -> None:
    data = data_set({"annotations.xml": text})
    assert len(data.test) == 2
    role, said, _ = finding(data, "annotations.xml")
    assert (role, reason in said) == ("not used", True)
    assert said.startswith("annotations.xml is not a valid CVAT file: ")


def test_other_xml_is_no_annotation() -> None:
    data = data_set({"notes.xml": b"<annotation><object/></annotation>"})
    assert "is not a readable image" in finding(data, "notes.xml")[1]
