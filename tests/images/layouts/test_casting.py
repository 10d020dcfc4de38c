"""Casting product image data."""

from tests.images.layouts.made import image, judged, learned, read, unused

MINIATURE = {
    "train/ok_front/cast_ok_0_1.jpeg": image(1, "JPEG"),
    "train/def_front/cast_def_0_1.jpeg": image(2, "JPEG"),
    "test/ok_front/cast_ok_0_2.jpeg": image(3, "JPEG"),
    "test/def_front/cast_def_0_2.jpeg": image(4, "JPEG"),
}


def test_defective_training_images_are_not_used() -> None:
    data = read(MINIATURE)
    assert learned(data) == ["train/ok_front/cast_ok_0_1.jpeg"]
    assert judged(data) == {
        "test/def_front/cast_def_0_2.jpeg": ("def_front", None),
        "test/ok_front/cast_ok_0_2.jpeg": ("good", None),
    }
    assert unused(data) == {
        "train/def_front/cast_def_0_1.jpeg": "train/def_front/cast_def_0_1.jpeg is a defective "
        "training image; only normal images are used for "
        "training."
    }


def test_the_whole_archive() -> None:
    """The copies without a split, of another size, are no part of the set."""
    whole = {f"casting_data/{name}": data for name, data in MINIATURE.items()}
    whole["casting_512x512/ok_front/cast_ok_0_1.jpeg"] = image(5, "JPEG")
    data = read(whole)
    assert data.layout == "casting"
    assert learned(data) == ["casting_data/train/ok_front/cast_ok_0_1.jpeg"]
    assert unused(data)["casting_512x512/ok_front/cast_ok_0_1.jpeg"] == (
        "casting_512x512/ok_front/cast_ok_0_1.jpeg does not belong to the layout Casting product "
        "image data."
    )
