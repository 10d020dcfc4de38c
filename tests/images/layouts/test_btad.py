"""BTAD."""

import pytest

from images.errors import ImageError
from tests.images.layouts.made import image, judged, learned, mask, read

MINIATURE = {
    "train/ok/0000.bmp": image(1, "BMP"),
    "test/ok/0000.bmp": image(2, "BMP"),
    "test/ko/0000.bmp": image(3, "BMP"),
    "test/ko/0001.bmp": image(4, "BMP"),
    "ground_truth/ko/0000.png": mask(),
    "ground_truth/ko/0001.bmp": mask(format="BMP"),
}


def test_how_it_is_read() -> None:
    data = read(MINIATURE)
    assert learned(data) == ["train/ok/0000.bmp"]
    assert judged(data) == {
        "test/ko/0000.bmp": ("ko", 2),
        "test/ko/0001.bmp": ("ko", 2),
        "test/ok/0000.bmp": ("good", None),
    }
    assert data.understood == (
        "Read as BTAD: 1 normal image for training, 3 test images of 2 kinds, 2 masks."
    )


def test_three_products_are_three_sets() -> None:
    products = {
        f"{number}/{name}": data
        for number in ("01", "02", "03")
        for name, data in MINIATURE.items()
    }
    with pytest.raises(ImageError, match=r"set holds 3 data sets \(01, 02, 03\); expected one\."):
        read(products)
    data = read(products, part="02")
    assert data.name == "02"
    assert learned(data) == ["02/train/ok/0000.bmp"]
    assert len(data.test) == 3
    assert all(finding.name.startswith("02/") for finding in data.findings)
