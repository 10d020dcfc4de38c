"""KolektorSDD2."""

from tests.images.layouts.made import BROKEN, EMPTY, image, judged, learned, mask, read, unused

MINIATURE = {
    "train/10000.png": image(1),
    "train/10000_GT.png": EMPTY,
    "train/10001.png": image(2),
    "train/10001_GT.png": mask(),
    "test/20000.png": image(3),
    "test/20000_GT.png": EMPTY,
    "test/20001.png": image(4),
    "test/20001_GT.png": mask(),
}


def test_defective_training_images_are_not_learned_from_and_told() -> None:
    data = read(MINIATURE)
    assert learned(data) == ["train/10000.png"]
    assert judged(data) == {"test/20000.png": ("good", 0), "test/20001.png": ("defect", 2)}
    assert unused(data) == {
        "train/10001.png": "train/10001.png is a training image with a defect in its mask, so it "
        "is not used for training.",
        "train/10001_GT.png": "train/10001_GT.png is the mask of a defective training image.",
    }


def test_the_same_when_it_is_read_by_names() -> None:
    data = read(MINIATURE, layout="by-name")
    assert learned(data) == ["train/10000.png"]
    assert judged(data) == {"test/20000.png": (None, 0), "test/20001.png": (None, 2)}
    assert [picture.defective() for picture in data.test] == [False, True]
    assert sorted(unused(data)) == ["train/10001.png", "train/10001_GT.png"]


def test_a_training_image_whose_mask_cannot_be_read() -> None:
    data = read({**MINIATURE, "train/10000_GT.png": BROKEN})
    assert learned(data) == []
    assert unused(data)["train/10000.png"] == (
        "train/10000.png is a training image without a readable mask."
    )
