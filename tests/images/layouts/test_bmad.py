"""BMAD, with masks and without."""

from tests.images.layouts.made import EMPTY, image, judged, learned, mask, read, unused

MINIATURE = {
    "train/good/1.png": image(1),
    "valid/good/img/1.png": image(2),
    "valid/good/label/1.png": EMPTY,
    "valid/Ungood/img/2.png": image(3),
    "valid/Ungood/label/2.png": mask(),
    "test/good/img/1.png": image(4),
    "test/good/label/1.png": EMPTY,
    "test/Ungood/img/2.png": image(5),
    "test/Ungood/label/2.png": mask(),
}


def test_with_masks() -> None:
    data = read(MINIATURE)
    assert learned(data) == ["train/good/1.png"]
    assert judged(data) == {
        "test/good/img/1.png": ("good", 0),
        "test/Ungood/img/2.png": ("Ungood", 2),
    }
    assert sorted(unused(data)) == [
        "valid/Ungood/img/2.png",
        "valid/Ungood/label/2.png",
        "valid/good/img/1.png",
        "valid/good/label/1.png",
    ]
    assert data.understood == (
        "Read as BMAD: 1 normal image for training, 2 test images of 2 kinds, 2 masks."
    )


def test_without_masks() -> None:
    flat = {
        name.replace("/img", ""): data for name, data in MINIATURE.items() if "label" not in name
    }
    data = read(flat)
    assert data.layout == "bmad"
    assert learned(data) == ["train/good/1.png"]
    assert judged(data) == {
        "test/good/1.png": ("good", None),
        "test/Ungood/2.png": ("Ungood", None),
    }
