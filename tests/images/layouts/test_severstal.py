"""Severstal."""

import numpy as np
import pytest

from images.errors import ImageError
from images.layouts.severstal import draw_runs
from tests.images.layouts.made import image, judged, learned, read, unused

IMAGES = {
    f"train_images/{name}.jpg": image(at, "JPEG") for at, name in enumerate(("a", "b", "c", "d"))
}
NEW = b"ImageId,ClassId,EncodedPixels\nb.jpg,3,1 2 9 1\nb.jpg,1,48 1\n"
OLD = (
    b"ImageId_ClassId,EncodedPixels\n"
    b"a.jpg_1,\na.jpg_2,\na.jpg_3,\na.jpg_4,\n"
    b"b.jpg_1,48 1\nb.jpg_2,\nb.jpg_3,1 2 9 1\nb.jpg_4,\n"
)
MINIATURE = {**IMAGES, "train.csv": NEW, "test_images/x.jpg": image(9, "JPEG")}


@pytest.mark.parametrize("labels", [NEW, OLD])
def test_masks_are_drawn_from_run_lengths(labels: bytes) -> None:
    data = read({**MINIATURE, "train.csv": labels})
    assert learned(data) == ["train_images/a.jpg", "train_images/d.jpg"]
    assert judged(data) == {
        "train_images/b.jpg": ("class 1+3", 4),
        "train_images/c.jpg": ("good", None),
    }
    mask = data.test[0].mask()
    assert mask is not None
    # Six rows: pixels 1 and 2 are the top of the first column, 9 is row 2 of the second one, and
    # 48 the last of all.
    assert np.argwhere(mask).tolist() == [[0, 0], [1, 0], [2, 1], [5, 7]]
    assert unused(data) == {
        "test_images/x.jpg": "test_images/x.jpg is a test image without public ground truth."
    }
    texts = {finding.name: finding.text for finding in data.findings}
    assert texts["train.csv"] == "train.csv describes the images, as in Severstal steel."
    assert texts["train_images/b.jpg"] == (
        "Test image of kind class 1+3: 8 x 6, 8-bit grey JPEG; mask train.csv (run lengths)."
    )
    assert data.understood.startswith(
        "Read as Severstal steel: 2 normal images for training, 2 test images of 2 kinds, 1 mask."
    )


def test_runs_go_down_the_columns_and_begin_at_1() -> None:
    assert draw_runs("a.csv", "2 3", 2, 3).tolist() == [[False, True, False], [True, True, False]]
    assert not draw_runs("a.csv", "", 2, 3).any()


@pytest.mark.parametrize(
    ("runs", "reason"),
    [
        ("1", r"not pairs of numbers: '1'"),
        ("1 x", r"not pairs of numbers: '1 x'"),
        ("0 1", r"a run that goes beyond an image of 3 x 2 pixels"),
        ("6 2", r"a run that goes beyond an image of 3 x 2 pixels"),
        ("1 -1", r"a run that goes beyond an image of 3 x 2 pixels"),
        (f"{10**30} 1", r"not pairs of numbers"),
        (f"1 {2**63 - 1}", r"a run that goes beyond an image of 3 x 2 pixels"),
    ],
)
def test_runs_that_are_none(runs: str, reason: str) -> None:
    with pytest.raises(ImageError, match=reason):
        draw_runs("a.csv", runs, 2, 3)


def test_labels_without_a_column() -> None:
    with pytest.raises(ImageError, match=r"^train\.csv has no column 'ClassId'\.$"):
        read({**MINIATURE, "train.csv": b"ImageId,EncodedPixels\n"})


def test_other_labels_are_not_taken_for_these() -> None:
    assert read({**MINIATURE, "train.csv": b"file,label\na,b\n"}).layout == "by-name"
