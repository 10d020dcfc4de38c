"""MVTec LOCO AD."""

import numpy as np

from tests.images.layouts.made import HEIGHT, WIDTH, image, judged, learned, read, unused
from tests.odd_input.encoding import encoded


def one_pixel(row: int, value: int) -> bytes:
    pixels = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    pixels[row, 0] = value
    return encoded(pixels, "PNG")


MINIATURE = {
    "defects_config.json": b"[]",
    "train/good/000.png": image(1),
    "validation/good/000.png": image(2),
    "test/good/000.png": image(3),
    "test/logical_anomalies/000.png": image(4),
    "test/structural_anomalies/000.png": image(5),
    "ground_truth/logical_anomalies/000/000.png": one_pixel(0, 255),
    "ground_truth/logical_anomalies/000/001.png": one_pixel(1, 251),
    "ground_truth/logical_anomalies/000/002.png": one_pixel(2, 1),
    "ground_truth/structural_anomalies/000/000.png": one_pixel(0, 240),
}


def test_all_masks_of_an_image_count_whatever_their_saturation() -> None:
    data = read(MINIATURE)
    assert learned(data) == ["train/good/000.png"]
    assert judged(data) == {
        "test/good/000.png": ("good", None),
        "test/logical_anomalies/000.png": ("logical_anomalies", 3),
        "test/structural_anomalies/000.png": ("structural_anomalies", 1),
    }
    assert sorted(unused(data)) == ["defects_config.json", "validation/good/000.png"]
    assert data.understood == (
        "Read as MVTec LOCO AD: 1 normal image for training, 3 test images of 3 kinds, 4 masks."
    )
