"""Images at another size, against Pillow's bilinear filter."""

import numpy as np
import pytest
from PIL import Image as Pillow

from methods.features.resizing import resize


@pytest.mark.parametrize(
    ("height", "width"), [(90, 150), (45, 50), (200, 203), (44, 151), (1, 1), (7, 1000)]
)
def test_as_pillow(height: int, width: int) -> None:
    """Larger, smaller, one side each, by whole factors and others, and in several steps."""
    image = np.random.default_rng(0).random((45, 100), dtype=np.float32)
    found = np.empty((height, width), dtype=np.float32)
    resize(image, found)
    expected = Pillow.fromarray(image).resize((width, height), Pillow.Resampling.BILINEAR)
    np.testing.assert_allclose(found, np.asarray(expected), atol=5e-7)


def test_an_image_of_one_pixel_is_the_same_everywhere() -> None:
    found = np.empty((5, 70), dtype=np.float32)
    resize(np.full((1, 1), 0.25, dtype=np.float32), found)
    np.testing.assert_allclose(found, 0.25)
