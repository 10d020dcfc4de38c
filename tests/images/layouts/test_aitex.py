"""AITEX."""

from tests.images.layouts.made import image, judged, learned, mask, read

MINIATURE = {
    **{
        f"NODefect_images/{fabric}/{number:04}_000_{code}.png": image(number)
        for fabric, code, numbers in (
            ("2306881-210020u", "00", (97, 98, 99)),
            ("2306894-210033u", "01", (101, 102)),
        )
        for number in numbers
    },
    "Defect_images/0001_002_00.png": image(1),
    "Defect_images/0044_019_04.png": image(2),
    "Defect_images/0100_099_08.png": image(3),
    "Mask_images/0001_002_00_mask.png": mask(),
    "Mask_images/0044_019_04_mask1.png": mask(),
    "Mask_images/0044_019_04_mask2.png": mask(),
}


def test_half_of_each_fabric_is_learned_from() -> None:
    data = read(MINIATURE)
    assert learned(data) == [
        "NODefect_images/2306881-210020u/0097_000_00.png",
        "NODefect_images/2306881-210020u/0099_000_00.png",
        "NODefect_images/2306894-210033u/0101_000_01.png",
    ]
    assert judged(data) == {
        "Defect_images/0001_002_00.png": ("broken end", 2),
        "Defect_images/0044_019_04.png": ("fuzzy ball", 2),
        "Defect_images/0100_099_08.png": ("defect 099", None),
        "NODefect_images/2306881-210020u/0098_000_00.png": ("good", None),
        "NODefect_images/2306894-210033u/0102_000_01.png": ("good", None),
    }
    assert data.understood == (
        "Read as AITEX: 3 normal images for training, 5 test images of 4 kinds, 3 masks. For "
        "each fabric, every second strip without a defect is used for training, and the others "
        "are test images."
    )
