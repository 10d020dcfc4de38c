"""Masks of every kind: which pixels count, and which image they belong to."""

from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from images.dataset import DataSet, Finding
from images.open import from_files, named_files
from images.roles.understanding import understand
from tests.odd_input.encoding import big_endian, encoded, grey, png, tiff

IMAGE = encoded(grey(2, 3), "PNG")
MASK = np.array([[0, 1, 0], [0, 0, 1]], dtype=np.uint8)


def with_mask(mask: bytes, name: str = "a.png") -> DataSet:
    return from_files(test=[("a.png", IMAGE)], masks=[(name, mask)])


def finding(data: DataSet, name: str) -> Finding:
    (found,) = [each for each in data.findings if each.name == name]
    return found


def colour(values: Any) -> np.ndarray:
    """A mask (H, W) in red on black."""
    values = np.asarray(values, dtype=np.uint8)
    return np.dstack([values, np.zeros_like(values), np.zeros_like(values)])


def palette(colours: list[int]) -> Pillow.Image:
    picture = Pillow.fromarray(MASK, "P")
    picture.putpalette(colours)
    return picture


@pytest.mark.parametrize(
    "mask",
    [
        encoded(MASK, "PNG"),
        encoded(MASK * 236, "PNG"),
        encoded(MASK * 254, "PNG"),
        encoded(MASK * 255, "BMP"),
        encoded(MASK * 255, "GIF"),
        encoded(MASK.astype(bool), "PNG"),
        encoded(MASK.astype(bool), "TIFF"),
        encoded(MASK.astype(np.uint16), "PNG"),
        tiff(MASK * np.uint16(65535)),
        tiff(MASK * np.float32(0.001)),
        tiff(MASK.astype(bool), photometric="minisblack"),
        encoded(colour(MASK), "PNG"),
        encoded(colour(MASK * 255), "WEBP", lossless=True),
        png(big_endian(colour(MASK).astype(np.uint16)), 16, 2),
        encoded(palette([0, 0, 0, 255, 0, 0]), "PNG"),
        encoded(palette([0, 0, 0, 0, 0, 1]), "PNG"),
        encoded(np.dstack([colour(MASK * 255), np.full_like(MASK, 255)]), "PNG"),
        encoded(np.dstack([np.full((2, 3, 3), 200, np.uint8), MASK * 128]), "PNG"),
        encoded(np.dstack([np.zeros((2, 3, 3), np.uint8), MASK * 255]), "PNG"),
        encoded(np.dstack([np.full((2, 3), 255, np.uint8), MASK]), "PNG"),
    ],
)
def test_a_pixel_counts_when_it_is_above_0(mask: bytes) -> None:
    picture = with_mask(mask).test[0]
    found = picture.mask()
    assert found is not None
    assert found.dtype == np.bool_
    assert (found == (MASK == 1)).all()
    assert picture.defective() is True


def test_a_palette_counts_by_colour_not_by_number() -> None:
    swapped = encoded(palette([255, 255, 255, 0, 0, 0]), "PNG")
    assert (with_mask(swapped).test[0].mask() == (MASK == 0)).all()


def test_soft_edges_count() -> None:
    soft = np.array([[0, 3, 128], [1, 255, 90]], dtype=np.uint8)
    assert (with_mask(encoded(soft, "PNG")).test[0].mask() == (soft > 0)).all()


def test_an_empty_mask_is_a_mask() -> None:
    data = with_mask(encoded(MASK * 0, "PNG"))
    assert data.test[0].mask().sum() == 0  # type: ignore[union-attr]
    assert data.test[0].defective() is False


def test_a_mask_of_another_size_is_not_used_with_both_sizes() -> None:
    data = with_mask(encoded(grey(3, 3), "PNG"))
    assert data.test[0].mask() is None
    assert finding(data, "masks/a.png").text == (
        "masks/a.png is a mask of 3 x 3 pixels, but its image test/a.png is 3 x 2."
    )


def test_a_mask_turned_as_its_image() -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    image = encoded(grey(2, 3), "PNG", exif=exif)
    mask = encoded(MASK, "PNG", exif=exif)
    data = from_files(test=[("a.png", image)], masks=[("a.png", mask)])
    assert data.test[0].read().shape == (3, 2)
    assert (data.test[0].mask() == [[False, False], [False, True], [True, False]]).all()
    assert finding(data, "masks/a.png").warning == ""


def test_a_mask_of_another_orientation_than_its_image() -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    sideways = encoded(grey(2, 3), "PNG", exif=exif)
    data = from_files(test=[("a.png", sideways)], masks=[("a.png", encoded(MASK, "PNG"))])
    assert "a mask of 3 x 2 pixels, but its image test/a.png is 2 x 3" in data.findings[0].text
    exif[0x0112] = 3
    overhead = encoded(grey(2, 3), "PNG", exif=exif)
    data = from_files(test=[("a.png", overhead)], masks=[("a.png", encoded(MASK, "PNG"))])
    assert finding(data, "masks/a.png").warning == (
        "Its image test/a.png is rotated by its EXIF orientation, but masks/a.png is not. Check "
        "that they match."
    )


def test_a_mask_that_is_mostly_defective_is_warned_of() -> None:
    files = named_files(test=[("a.png", IMAGE)], masks=[("a.png", encoded(1 - MASK, "PNG"))])
    assert finding(understand(files), "masks/a.png").warning == ""
    files.check()
    assert finding(understand(files), "masks/a.png").warning == (
        "masks/a.png marks 67 % of the image as defective: it may be inverted."
    )


def test_a_mask_that_contradicts_its_kind_is_warned_of() -> None:
    files = named_files(
        test=[("good/a.png", IMAGE), ("hole/b.png", IMAGE)],
        masks=[("good/a.png", encoded(MASK, "PNG")), ("hole/b.png", encoded(0 * MASK, "PNG"))],
    )
    files.check()
    data = understand(files)
    assert finding(data, "masks/good/a.png").warning == (
        "masks/good/a.png has defective pixels, but its image is labelled as good."
    )
    assert finding(data, "masks/hole/b.png").warning == (
        "masks/hole/b.png has no defective pixels, but its image has the kind hole."
    )


def test_a_jpeg_mask_is_warned_of() -> None:
    data = with_mask(encoded(MASK * 255, "JPEG"), "a.jpg")
    assert (
        "is a JPEG, so its blurred edges are treated as defective"
        in finding(data, "masks/a.jpg").warning
    )


def test_a_mask_without_image_and_an_image_without_mask() -> None:
    data = from_files(test=[("a.png", IMAGE)], masks=[("b.png", encoded(MASK, "PNG"))])
    assert data.test[0].read_mask is None
    assert finding(data, "masks/b.png").text == "masks/b.png is a mask without an image."


def test_of_two_masks_the_first_counts() -> None:
    other = encoded(1 - MASK, "PNG")
    data = from_files(
        test=[("a.png", IMAGE)], masks=[("a_gt.png", other), ("a_mask.png", encoded(MASK, "PNG"))]
    )
    assert (data.test[0].mask() == (MASK == 0)).all()
    assert finding(data, "masks/a_mask.png").text == (
        "masks/a_mask.png is a second mask of test/a.png, which has masks/a_gt.png."
    )


def test_masks_in_a_folder_called_as_their_image_are_its_parts() -> None:
    first, second = MASK * [[1], [0]], MASK * [[0], [1]]
    data = from_files(
        test=[("bent/a.png", IMAGE)],
        masks=[
            ("bent/a/0.png", encoded(first.astype(np.uint8), "PNG")),
            ("bent/a/1.png", encoded(second.astype(np.uint8), "PNG")),
        ],
    )
    assert (data.test[0].mask() == (MASK == 1)).all()


def test_masks_of_pages() -> None:
    images = tiff(grey(2, 3), grey(2, 3, 1))
    data = from_files(test=[("a.tif", images)], masks=[("a.tif", tiff(MASK, 1 - MASK))])
    assert (data.test[0].mask() == (MASK == 1)).all()
    assert (data.test[1].mask() == (MASK == 0)).all()
    data = from_files(test=[("a.tif", images)], masks=[("a.tif", tiff(MASK))])
    assert finding(data, "masks/a.tif").text == (
        "masks/a.tif is a mask of 1 pages, but its image test/a.tif has 2."
    )


def test_a_normal_image_whose_mask_marks_a_defect_is_not_learned_from() -> None:
    files = named_files(
        normal=[("a.png", IMAGE), ("b.png", IMAGE)],
        masks=[("a.png", encoded(MASK, "PNG")), ("b.png", encoded(MASK * 0, "PNG"))],
    )
    data = understand(files)
    assert [picture.name for picture in data.normal] == ["normal/b.png"]
    assert {finding.name: finding.text for finding in data.findings} == {
        "masks/a.png": "masks/a.png marks a defect in normal/a.png, which is not a test image.",
        "masks/b.png": "Mask of normal/b.png: 3 x 2, 8-bit grey PNG.",
        "normal/a.png": "normal/a.png has a mask with a defect, masks/a.png, so it is not used "
        "for training.",
        "normal/b.png": "Normal image: 3 x 2, 8-bit grey PNG; mask masks/b.png.",
    }


def test_a_person_may_say_that_it_is_normal_all_the_same() -> None:
    files = named_files(normal=[("a.png", IMAGE)], masks=[("a.png", encoded(MASK, "PNG"))])
    data = understand(files, {"normal/a.png": "normal"})
    assert [picture.name for picture in data.normal] == ["normal/a.png"]
    assert data.normal[0].read_mask is None
    assert finding(data, "normal/a.png").warning == (
        "normal/a.png was labelled as normal, but its mask masks/a.png marks a defect."
    )
    assert finding(data, "masks/a.png").text == (
        "masks/a.png is a mask of normal/a.png, which was labelled as normal."
    )


def test_a_mask_that_cannot_be_read_is_not_used() -> None:
    broken = encoded(grey(200, 300), "PNG")[:-400]
    image = encoded(grey(200, 300), "PNG")
    files = named_files(test=[("a.png", image)], masks=[("a.png", broken)])
    files.check()
    data = understand(files)
    assert data.test[0].read_mask is None
    assert finding(data, "masks/a.png").role == "not used"
    assert "masks/a.png is damaged or cut short" in finding(data, "masks/a.png").text
