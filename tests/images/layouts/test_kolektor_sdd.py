"""KolektorSDD."""

from tests.images.layouts.made import BROKEN, EMPTY, image, judged, learned, mask, read

MINIATURE = {
    f"kos{item:02}/Part{part}{ending}": data
    for item in (1, 2, 3)
    for part in (0, 1)
    for ending, data in (
        (".jpg", image(10 * item + part, "JPEG")),
        ("_label.bmp", mask(format="BMP") if part == 1 and item < 3 else EMPTY),
    )
}


def test_a_mask_that_marks_nothing_makes_an_image_normal() -> None:
    data = read(MINIATURE)
    assert learned(data) == ["kos01/Part0.jpg", "kos03/Part0.jpg", "kos03/Part1.jpg"]
    assert judged(data) == {
        "kos01/Part1.jpg": ("defect", 2),
        "kos02/Part0.jpg": ("good", 0),
        "kos02/Part1.jpg": ("defect", 2),
    }
    assert data.understood.startswith(
        "Read as KolektorSDD: 3 normal images for training, 3 test images of 2 kinds, 6 masks."
    )


def test_an_image_whose_mask_cannot_be_read_is_not_learned_from() -> None:
    data = read({**MINIATURE, "kos01/Part0_label.bmp": BROKEN})
    assert "kos01/Part0.jpg" not in learned(data)
    assert judged(data)["kos01/Part0.jpg"][0] is None
