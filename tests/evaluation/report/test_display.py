import numpy as np
import pytest

from evaluation.report.display import DisplayRange, colours, display_range, outline, overlay
from evaluation.report.palette import colour_table


def test_the_threshold_has_the_middle_colour():
    scale = display_range(2.0, 6.0)
    assert scale.high == 10
    scores = np.array([[0, 2, 4, 6, 10, 99]], dtype=np.float32)
    assert scale.position(scores).tolist() == [[0, 0, 0.25, 0.5, 1, 1]]
    table = colour_table("Inferno")
    assert (colours(scores, scale)[0, [1, 5]] == table[[0, 255]]).all()


@pytest.mark.parametrize("threshold", [2.0, 1.0, -50.0])
def test_a_threshold_below_the_normal_scores_keeps_its_place(threshold):
    scale = display_range(2.0, threshold)
    assert scale.position(np.array([[threshold]], dtype=np.float32)) == pytest.approx(0.5, abs=1e-2)


def test_an_overlay_mixes_image_and_colours():
    image = np.full((1, 1), 1.0, dtype=np.float32)
    mixed = overlay(image, np.array([[0.0]], dtype=np.float32), DisplayRange(0, 1), opacity=0.25)
    # Inferno begins at (0, 0, 4): 0.75 x 255 + 0.25 x (0, 0, 4).
    assert mixed.tolist() == [[[191, 191, 192]]]


@pytest.mark.parametrize("channels", [(), (3,)])
def test_an_overlay_is_the_mean_of_both_pictures_weighted_by_the_opacity(channels):
    """Every colour of the table over every grey, computed in another order than `overlay` does."""
    rng = np.random.default_rng(0)
    image = rng.uniform(-0.1, 1.1, (64, 256, *channels)).astype(np.float32)
    scores = np.tile(np.linspace(-1, 2, 256, dtype=np.float32), (64, 1))
    scale = DisplayRange(0, 0.5)
    below = image.clip(0, 1) if channels else np.repeat(image.clip(0, 1)[..., None], 3, axis=2)
    exact = colours(scores, scale) * np.float32(0.6) + below * np.float32(255 * (1 - 0.6))
    assert np.array_equal(overlay(image, scores, scale, 0.6), np.rint(exact))


def test_an_outline_is_the_inner_edge():
    mask = np.zeros((5, 5), dtype=bool)
    mask[1:4, 1:4] = True
    drawn = outline(np.zeros((5, 5, 3), dtype=np.uint8), mask, (1, 2, 3))
    assert drawn.any(axis=2).sum() == 8
    assert not drawn[2, 2].any()
