"""DAGM 2007 in both layouts."""

import numpy as np
import pytest

from images.errors import ImageError
from images.layouts.dagm import ellipse_mask
from tests.images.layouts.made import image, judged, learned, mask, read

MINIATURE = {
    "Train/0001.PNG": image(1),
    "Train/0002.PNG": image(2),
    "Train/0003.PNG": image(3),
    "Train/Label/0002_label.PNG": mask(),
    "Train/Label/Labels.txt": b"1\n",
    "Test/0001.PNG": image(4),
    "Test/0002.PNG": image(5),
    "Test/Label/0001_label.PNG": mask(),
}
OLDER = {
    **{f"Class2/{number}.png": image(number) for number in range(1, 11)},
    "Class2_def/1.png": image(11),
    "Class2_def/12.png": image(12),
    "Class2_def/labels.txt": (
        b"1\t 2.6\t 1.1\t 0.0\t 4.0\t 2.0\n12\t 2.6\t 1.1\t 1.5707963e+00\t 4\t 3\n"
    ),
}


def test_train_and_test_with_masks() -> None:
    data = read(MINIATURE)
    assert learned(data) == ["Train/0001.PNG", "Train/0003.PNG"]
    assert judged(data) == {
        "Test/0001.PNG": ("defect", 2),
        "Test/0002.PNG": ("good", None),
        "Train/0002.PNG": ("defect", 2),
    }
    assert data.understood == (
        "Read as DAGM 2007: 2 normal images for training, 3 test images of 2 kinds, 2 masks. The "
        "defective images of Train are test images too."
    )


def test_several_classes_are_several_sets() -> None:
    both = {f"Class{at}/{name}": data for at in (1, 10) for name, data in MINIATURE.items()}
    with pytest.raises(ImageError, match=r"holds 2 data sets \(Class1, Class10\); expected one"):
        read(both)
    data = read(both, part="Class10")
    assert data.name == "Class10"
    assert learned(data) == ["Class10/Train/0001.PNG", "Class10/Train/0003.PNG"]


def test_normal_and_defective_folders_with_ellipses() -> None:
    data = read(OLDER)
    assert learned(data) == [f"Class2/{number}.png" for number in range(1, 6)]
    assert judged(data) == {
        **{f"Class2/{number}.png": ("good", None) for number in range(6, 11)},
        "Class2_def/1.png": ("defect", 11),
        "Class2_def/12.png": ("defect", 11),
    }
    flat, upright = (picture.mask() for picture in data.test[-2:])
    assert flat is not None
    assert upright is not None
    # Half axes of 2.6 and 1.1 around row 2, column 4: two pixels to the left and right, one up and
    # down, and beside these last (1 / 2.6)^2 + (1 / 1.1)^2 = 0.97, so that their neighbours count.
    assert np.argwhere(flat).tolist() == [
        [1, 3], [1, 4], [1, 5], [2, 2], [2, 3], [2, 4], [2, 5], [2, 6], [3, 3], [3, 4], [3, 5],
    ]  # fmt: skip
    assert np.flatnonzero(upright.any(axis=1)).tolist() == [1, 2, 3, 4, 5]
    assert np.flatnonzero(upright.any(axis=0)).tolist() == [3, 4, 5]


def test_several_classes_of_the_older_layout() -> None:
    other = {name.replace("Class2", "Class1"): data for name, data in OLDER.items()}
    with pytest.raises(ImageError, match=r"holds 2 data sets \(Class1, Class2\); expected one"):
        read({**OLDER, **other})
    data = read({**OLDER, **other}, part="Class1")
    assert len(data.normal) == 5
    assert all(finding.name.startswith("Class1") for finding in data.findings)


def test_an_ellipse_turns_from_x_to_y() -> None:
    """At 45 degrees the long axis runs down to the right, since y points down."""
    found = ellipse_mask((8.0, 2.0, np.pi / 4, 10.0, 10.0), 21, 25)
    assert found.shape == (21, 25)
    assert found[15, 15]
    assert not found[5, 15]


@pytest.mark.parametrize("line", ["1 2 3", "1 0 3 0 1 1", "1 nan 3 0 1 1", "inf 1 1 1 1 1", "a"])
def test_a_wrong_line_is_named(line: str) -> None:
    with pytest.raises(ImageError, match=r"^Class2_def/labels\.txt has a line 1 that is not six"):
        read({**OLDER, "Class2_def/labels.txt": line.encode()})


def test_an_image_without_an_ellipse_is_named() -> None:
    with pytest.raises(ImageError, match=r"^Class2_def/labels\.txt has no line for 12\.png\.$"):
        read({**OLDER, "Class2_def/labels.txt": b"1 2 3 0 1 1"})
