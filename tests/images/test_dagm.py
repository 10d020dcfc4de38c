"""DAGM 2007 in both layouts, on a small set made here."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from images.colour import Mask
from images.dagm import ellipse_mask, open_classes
from images.errors import ImageError

SIDE = 32


def write(path: Path, value: int, mask: Mask | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.full((SIDE, SIDE), value, dtype=np.uint8)
    if mask is not None:
        pixels = np.where(mask, 255, 0).astype(np.uint8)
    Pillow.fromarray(pixels).save(path, format="PNG")


@pytest.fixture
def square() -> Mask:
    mask = np.zeros((SIDE, SIDE), dtype=bool)
    mask[3:7, 10:20] = True
    return mask


def test_train_and_test_with_masks(tmp_path: Path, square: Mask) -> None:
    for part, numbers in (("Train", (1, 2, 3)), ("Test", (1, 2))):
        for number in numbers:
            write(tmp_path / "Class10" / part / f"{number:04}.PNG", 10 * number)
    write(tmp_path / "Class10" / "Train" / "Label" / "0002_label.PNG", 0, square)
    write(tmp_path / "Class10" / "Test" / "Label" / "0001_label.PNG", 0, square)
    (tmp_path / "Class10" / "Train" / "Label" / "Labels.txt").write_text("1\n")

    (dataset,) = open_classes(tmp_path)

    assert dataset.name == "Class10"
    assert [picture.name for picture in dataset.normal] == [
        "Class10/Train/0001.PNG",
        "Class10/Train/0003.PNG",
    ]
    assert [(picture.name, picture.kind) for picture in dataset.test] == [
        ("Class10/Test/0002.PNG", "good"),
        ("Class10/Train/0002.PNG", "defect"),
        ("Class10/Test/0001.PNG", "defect"),
    ]
    assert dataset.normal[1].read()[0, 0] == pytest.approx(30 / 255)
    mask = dataset.test[1].mask()
    assert mask is not None
    np.testing.assert_array_equal(mask, square)


def test_normal_and_defective_folders_with_ellipses(tmp_path: Path) -> None:
    for number in range(1, 11):
        write(tmp_path / "Class2" / f"{number}.png", number)
    write(tmp_path / "Class2_def" / "1.png", 0)
    write(tmp_path / "Class2_def" / "12.png", 0)
    (tmp_path / "Class2_def" / "labels.txt").write_text(
        "1\t 6.1\t 2.1\t 0.0\t 10.0\t 20.0\n12\t 6.1\t 2.1\t 1.5707963e+00\t 10\t 20\n"
    )
    write(tmp_path / "Class1" / "Train" / "0001.PNG", 1)
    write(tmp_path / "Class1" / "Test" / "0001.PNG", 1)

    first, second = open_classes(tmp_path)

    assert (first.name, second.name) == ("Class1", "Class2")
    assert [picture.name for picture in second.normal] == [
        f"Class2/{number}.png" for number in range(1, 6)
    ]
    assert [picture.name for picture in second.test] == [
        *(f"Class2/{number}.png" for number in range(6, 11)),
        "Class2_def/1.png",
        "Class2_def/12.png",
    ]
    flat, upright = (picture.mask() for picture in second.test[-2:])
    assert flat is not None
    assert upright is not None
    # Row and column of the outermost pixels of an ellipse with axes 6.1 and 2.1 around (20, 10).
    assert (np.flatnonzero(flat.any(axis=1)) == range(18, 23)).all()
    assert (np.flatnonzero(flat.any(axis=0)) == range(4, 17)).all()
    np.testing.assert_array_equal(upright[14:27, 8:13], flat[18:23, 4:17].T)


def test_an_ellipse_turns_from_x_to_y() -> None:
    """At 45 degrees the long axis runs down to the right, since y points down."""
    mask = ellipse_mask((21, 21), (8.0, 2.0, np.pi / 4, 10.0, 10.0))
    assert mask[15, 15]
    assert not mask[5, 15]


def test_what_is_no_dagm_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="holds no class of DAGM 2007"):
        open_classes(tmp_path / "missing")
    (tmp_path / "Class3").mkdir()
    with pytest.raises(ImageError, match=r"neither folders Train and Test nor a Class3_def"):
        open_classes(tmp_path)


def test_a_wrong_line_is_named(tmp_path: Path) -> None:
    write(tmp_path / "Class1" / "1.png", 1)
    write(tmp_path / "Class1_def" / "1.png", 1)
    labels = tmp_path / "Class1_def" / "labels.txt"
    labels.write_text("1 2 3\n")
    with pytest.raises(ImageError, match=r"Class1_def/labels.txt has a line 1 that is not six"):
        open_classes(tmp_path)
    labels.write_text("2 2 3 0 1 1\n")
    with pytest.raises(ImageError, match=r"has no line for 1.png"):
        open_classes(tmp_path)
