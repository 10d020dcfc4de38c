"""MVTec AD 2."""

from tests.images.layouts.made import image, judged, learned, mask, read, unused

MINIATURE = {
    "train/good/000_regular.png": image(1),
    "validation/good/000_regular.png": image(2),
    "test_public/good/000_regular.png": image(3),
    "test_public/bad/000_regular.png": image(4),
    "test_public/bad/000_overexposed.png": image(5),
    "test_public/ground_truth/bad/000_regular_mask.png": mask(),
    "test_public/ground_truth/bad/000_overexposed_mask.png": mask(),
    "test_private/000_regular.png": image(6),
    "test_private_mixed/000_mixed.png": image(7),
}


def test_only_train_is_learned_from_and_only_test_public_is_judged() -> None:
    data = read(MINIATURE)
    assert learned(data) == ["train/good/000_regular.png"]
    assert judged(data) == {
        "test_public/bad/000_overexposed.png": ("bad", 2),
        "test_public/bad/000_regular.png": ("bad", 2),
        "test_public/good/000_regular.png": ("good", None),
    }
    assert sorted(unused(data)) == [
        "test_private/000_regular.png",
        "test_private_mixed/000_mixed.png",
        "validation/good/000_regular.png",
    ]
    assert data.understood == (
        "Read as MVTec AD 2: 1 normal image for training, 3 test images of 2 kinds, 2 masks."
    )
