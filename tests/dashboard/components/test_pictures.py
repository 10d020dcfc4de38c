"""Arrays as pictures: sizes, levels and colours worked out by hand."""

import io

import numpy as np
import pytest
from PIL import Image as Pillow

from dashboard.components.gallery import score_levels
from dashboard.components.pictures import (
    display_size,
    level_picture,
    mask_picture,
    outlined,
    panel_picture,
    photograph,
    signed_picture,
)
from dashboard.text import plain
from images.words import count


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Pillow.open(io.BytesIO(data)))


@pytest.mark.parametrize(
    ("shape", "size"), [((700, 1024), (480, 328)), ((100, 60), (60, 100)), ((1, 5000), (480, 1))]
)
def test_display_size_keeps_the_aspect(shape: tuple[int, int], size: tuple[int, int]) -> None:
    assert display_size(np.zeros(shape), 480) == size


def test_levels_run_from_the_lowest_score_to_the_highest() -> None:
    levels = score_levels(-1.0, 1.0, 2.0, 21.0)
    assert len(levels) == 256
    assert levels[0] == -1.0
    assert levels[24] == 1.0
    assert levels[24 + 167] == 5.0
    assert levels[-1] == 21.0
    assert np.all(np.diff(levels) > 0)


def test_levels_of_scores_that_end_below_the_scale() -> None:
    levels = score_levels(1.0, 1.0, 2.0, 1.5)
    assert levels[0] == 1.0
    assert levels[-1] == 5.0
    assert np.all(np.diff(levels) >= 0)


def test_a_score_becomes_the_nearest_level() -> None:
    scores = np.array([[-5.0, 0.4, 0.6], [1.4, 1.6, 9.0]], dtype=np.float32)
    drawn = pixels(level_picture(scores, [0.0, 1.0, 2.0], 480))
    assert drawn.tolist() == [[0, 0, 1], [1, 2, 2]]


def test_a_mask_is_scaled_by_the_share_that_is_defective() -> None:
    mask = np.zeros((4, 8), dtype=bool)
    mask[0, 0] = True  # a quarter of its displayed pixel
    mask[:2, 4:6] = True
    assert pixels(mask_picture(mask, 4)).tolist() == [[0, 0, 255, 0], [0, 0, 0, 0]]


def test_panels_are_exact_pixel_by_pixel() -> None:
    grey = np.array([[0.2, 0.4], [0.3, 0.2]], dtype=np.float32)
    assert pixels(panel_picture(grey, 0.2, 0.4)).tolist() == [[0, 255], [128, 0]]
    signed = pixels(signed_picture(np.array([[-2.0, 0.0, 2.0]], dtype=np.float32)))
    assert signed.tolist() == [[[0, 84, 160], [247, 247, 247], [196, 78, 0]]]


def test_a_colour_image_stays_in_colour() -> None:
    red = np.zeros((20, 10, 3), dtype=np.float32)
    red[..., 0] = 1.0
    drawn = pixels(photograph(red, 10))
    assert drawn.shape == (10, 5, 3)
    assert np.abs(drawn[5, 2].astype(int) - [255, 0, 0]).max() < 8


def test_an_image_is_dark_where_no_figure_looks() -> None:
    counted = np.zeros((16, 32), dtype=bool)
    counted[:, 16:] = True
    drawn = pixels(outlined(np.full((16, 32), 0.6, np.float32), None, 32, counted)).astype(int)
    assert np.abs(drawn[4:12, 2:6] - 153 // 3).max() < 4
    assert np.abs(drawn[4:12, 26:30] - 153).max() < 4


def test_a_text_is_shown_as_it_is() -> None:
    assert plain("a_b [x](y) <b>\n$z$") == r"a\_b \[x\]\(y\) \<b\> \$z\$"
    assert (count(1, "image"), count(3, "image")) == ("1 image", "3 images")


def test_a_small_image_is_enlarged_by_whole_pixels_with_a_fine_outline() -> None:
    """Side 4 to at most 42: ten times. One defective pixel has an outline of one pixel of forty."""
    mask = np.zeros((4, 4), dtype=bool)
    mask[1, 2] = True
    drawn = Pillow.open(io.BytesIO(outlined(np.zeros((4, 4), np.float32), mask, 42, enlarged=True)))
    assert drawn.size == (40, 40)
    blue = np.asarray(drawn)[..., 2] > 100
    assert blue[10, 25]
    assert not blue[15, 25]
    assert not blue[9, 25]
