"""MVTec AD."""

import pytest

from tests.images.layouts.made import image, judged, learned, mask, read

MINIATURE = {
    "train/good/000.png": image(1),
    "train/good/001.png": image(2),
    "test/good/000.png": image(3),
    "test/bent/000.png": image(4),
    "test/hole/000.png": image(5),
    "ground_truth/bent/000_mask.png": mask(),
    "ground_truth/hole/000_mask.png": mask(1),
}


def test_how_it_is_read() -> None:
    data = read(MINIATURE)
    assert learned(data) == ["train/good/000.png", "train/good/001.png"]
    assert judged(data) == {
        "test/bent/000.png": ("bent", 2),
        "test/good/000.png": ("good", None),
        "test/hole/000.png": ("hole", 2),
    }
    assert data.understood == (
        "Read as MVTec AD: 2 normal images for training, 3 test images of 3 kinds, 2 masks."
    )


def test_a_set_with_images_elsewhere_is_read_by_names() -> None:
    data = read({**MINIATURE, "test/loose.png": image(6)})
    assert data.layout == "by-name"
    assert judged(data)["test/loose.png"] == (None, None)
    assert data.understood == (
        "Read by folder and file names: 2 normal images for training, 4 test images of 3 kinds, "
        "2 masks. The kind of 1 test image is unknown."
    )


@pytest.mark.parametrize(
    "name", ["000_mask", "000-GT", "mask_000", "000.mask", "000_label", "000_seg", "000_mask_1"]
)
def test_a_mask_beside_its_image_is_no_test_image(name: str) -> None:
    """Scored as an image it would be found without fail, and raise every metric."""
    beside = {key: data for key, data in MINIATURE.items() if not key.startswith("ground_truth")}
    data = read({**beside, f"test/bent/{name}.png": mask(), "train/good/001_gt.png": mask(0)})
    assert learned(data) == ["train/good/000.png", "train/good/001.png"]
    assert judged(data) == {
        "test/bent/000.png": ("bent", 2),
        "test/good/000.png": ("good", None),
        "test/hole/000.png": ("hole", None),
    }


def test_a_name_like_that_of_a_mask_without_its_image_is_a_test_image() -> None:
    data = read({**MINIATURE, "test/bent/golf_gt.png": image(7)})
    assert judged(data)["test/bent/golf_gt.png"] == ("bent", None)
