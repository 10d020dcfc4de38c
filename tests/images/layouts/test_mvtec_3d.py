"""MVTec 3D-AD: photographs, or depth by hand."""

import numpy as np
import pytest

from tests.images.layouts.made import (
    EMPTY,
    HEIGHT,
    WIDTH,
    image,
    judged,
    learned,
    mask,
    read,
    unused,
)
from tests.odd_input.encoding import tiff


def xyz(depth: float) -> bytes:
    """Points of a plane, the first of them not measured."""
    points = np.zeros((HEIGHT, WIDTH, 3), dtype=np.float32)
    points[..., 0], points[..., 1] = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
    points[..., 2] = depth
    points[0, 0] = 0
    return tiff(points, photometric="rgb")


MINIATURE = {
    "calibration/camera_parameters.json": b"{}",
    "train/good/rgb/000.png": image(1),
    "train/good/xyz/000.tiff": xyz(0.5),
    "validation/good/rgb/000.png": image(2),
    "validation/good/xyz/000.tiff": xyz(0.5),
    "test/good/rgb/000.png": image(3),
    "test/good/xyz/000.tiff": xyz(0.5),
    "test/good/gt/000.png": EMPTY,
    "test/hole/rgb/000.png": image(4),
    "test/hole/xyz/000.tiff": xyz(0.25),
    "test/hole/gt/000.png": mask(),
}


def test_the_photographs_are_read_by_themselves() -> None:
    data = read(MINIATURE)
    assert data.layout == "mvtec-3d"
    assert learned(data) == ["train/good/rgb/000.png"]
    assert judged(data) == {
        "test/good/rgb/000.png": ("good", 0),
        "test/hole/rgb/000.png": ("hole", 2),
    }
    assert unused(data)["train/good/xyz/000.tiff"] == (
        "train/good/xyz/000.tiff is a depth image; this layout reads photographs."
    )
    assert data.understood.startswith(
        "Read as MVTec 3D-AD, photographs: 1 normal image for training, 2 test images of 2 kinds, "
        "2 masks."
    )


def test_depth_is_read_by_hand() -> None:
    data = read(MINIATURE, layout="mvtec-3d-depth")
    assert learned(data) == ["train/good/xyz/000.tiff"]
    assert judged(data) == {
        "test/good/xyz/000.tiff": ("good", 0),
        "test/hole/xyz/000.tiff": ("hole", 2),
    }
    # Depths lie in [0, 1], so black is 0 and white 1; x and y count for nothing.
    depth = data.test[1].read()
    assert depth.shape == (HEIGHT, WIDTH)
    assert depth[0, 0] == 0
    assert depth[1:] == pytest.approx(0.25)


def test_a_training_part_alone_is_recognised() -> None:
    part = {name: data for name, data in MINIATURE.items() if name.startswith("train")}
    assert read({**part, "test/readme.txt": b""}).layout == "mvtec-3d"
