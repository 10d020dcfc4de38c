"""Pictures, their masks, and grey and colour forms."""

import numpy as np
import pytest

from images.colour import to_grey, to_rgb
from images.dataset import Picture, Pixels

IMAGE = np.arange(6, dtype=np.float32).reshape(2, 3) / 6
MASK = IMAGE > 0.5


@pytest.mark.parametrize(
    ("kind", "mask", "expected"),
    [
        ("good", None, np.zeros((2, 3), dtype=bool)),
        ("hole", None, None),
        (None, None, None),
        ("hole", MASK, MASK),
        (None, MASK, MASK),
    ],
)
def test_the_mask_of_a_picture(
    kind: str | None, mask: np.ndarray | None, expected: np.ndarray | None
) -> None:
    picture = Picture("a", kind, lambda: IMAGE, None if mask is None else lambda: mask)
    found = picture.mask()
    if expected is None:
        assert found is None
    else:
        assert found is not None
        assert found.dtype == np.bool_
        assert (found == expected).all()


@pytest.mark.parametrize(
    ("kind", "mask", "expected"),
    [
        ("good", None, False),
        ("hole", None, True),
        ("hole", MASK & False, True),
        (None, None, None),
        (None, MASK, True),
        (None, MASK & False, False),
    ],
)
def test_whether_a_picture_is_defective(
    kind: str | None, mask: np.ndarray | None, expected: bool | None
) -> None:
    picture = Picture("a", kind, lambda: IMAGE, None if mask is None else lambda: mask)
    assert picture.defective() is expected


def test_pixels_are_read_when_asked_for() -> None:
    asked = []

    def read(number: int) -> np.ndarray:
        asked.append(number)
        return IMAGE + number

    pictures = [Picture(str(at), None, lambda at=at: read(at)) for at in range(4)]  # type: ignore[misc]
    pixels = Pixels(pictures)
    assert len(pixels) == 4
    assert len(pixels[1:3]) == 2
    assert asked == []
    assert (pixels[1:3][1] == IMAGE + 2).all()
    assert asked == [2]


def test_grey_and_colour() -> None:
    colour = to_rgb(IMAGE)
    assert colour.shape == (2, 3, 3)
    assert to_grey(colour) == pytest.approx(IMAGE, abs=1e-6)
    assert to_grey(IMAGE) is IMAGE
    assert to_rgb(colour) is colour
    green = np.zeros((1, 1, 3), dtype=np.float32)
    green[..., 1] = 1
    assert to_grey(green) == pytest.approx(0.7152)
