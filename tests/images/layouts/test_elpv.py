"""ELPV."""

import pytest

from images.errors import ImageError
from tests.images.layouts.made import image, judged, learned, read, unused

LABELS = """images/cell0001.png  0.0  mono
images/cell0002.png  1.0  mono
images/cell0003.png  0.0  poly
images/cell0004.png  0.3333333333333333  poly

images/cell0005.png  0.0  poly
"""
MINIATURE = {
    "labels.csv": LABELS.encode(),
    **{f"images/cell000{number}.png": image(number) for number in range(1, 7)},
}


def test_cells_of_which_the_experts_were_certain() -> None:
    data = read(MINIATURE)
    assert learned(data) == ["images/cell0001.png", "images/cell0005.png"]
    assert judged(data) == {
        "images/cell0002.png": ("defect", None),
        "images/cell0003.png": ("good", None),
    }
    assert unused(data) == {
        "images/cell0004.png": "images/cell0004.png is defective with a probability of 33 %, so "
        "its label is uncertain.",
        "images/cell0006.png": "images/cell0006.png is not in labels.csv.",
    }
    assert data.understood.startswith(
        "Read as ELPV: 2 normal images for training, 2 test images of 2 kinds, 0 masks. Only cells"
    )


@pytest.mark.parametrize("line", ["images/cell0002.png 1.0", "a b mono", "a 2 mono", "a nan mono"])
def test_a_wrong_line_is_named(line: str) -> None:
    labels = LABELS.splitlines()[0] + "\n" + line
    with pytest.raises(ImageError, match=r"^labels\.csv has a line 2 that is not a name"):
        read({**MINIATURE, "labels.csv": labels.encode()})


def test_other_labels_are_not_taken_for_these() -> None:
    assert read({**MINIATURE, "labels.csv": b"file,label\na,b\n"}).layout == "by-name"
