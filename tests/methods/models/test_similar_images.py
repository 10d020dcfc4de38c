"""Scores of images averaged with those of their like."""

import numpy as np
import pytest

from methods.models.similar_images import SimilarImages

SCORES = np.array([1, 4, 10], dtype=np.float32)
# Of length one they are (1, 0), (0.8, 0.6) and (-1, 0).
DESCRIPTIONS = np.array([[2, 0], [8, 6], [-1, 0]], dtype=np.float32)


@pytest.fixture
def similar() -> SimilarImages:
    return SimilarImages(SCORES, DESCRIPTIONS)


def test_the_mean_over_rising_numbers_of_images(similar: SimilarImages) -> None:
    """Of image 0 the most similar is image 1, by 0.8; image 2 is opposite and has no weight.

    With one image the mean is 1, with two (1 + 0.8 x 4) / 1.8, with three the same.
    """
    two = (1 + 0.8 * 4) / 1.8
    assert similar.rescored(1.0, DESCRIPTIONS[0], 1, own=0) == pytest.approx((1 + two) / 2)
    assert similar.rescored(1.0, DESCRIPTIONS[0], 2, own=0) == pytest.approx((1 + 2 * two) / 3)


def test_another_image_is_compared_with_all(similar: SimilarImages) -> None:
    """(0, 1) is like image 1 by 0.6 and has nothing of image 0."""
    found = similar.rescored(7.0, np.array([0, 3], dtype=np.float32), 1, own=None)
    assert found == pytest.approx((7 + (7 + 0.6 * 4) / 1.6) / 2)


def test_it_survives_saving(similar: SimilarImages) -> None:
    again = SimilarImages.restored(similar.state())
    assert again.rescored(1.0, DESCRIPTIONS[0], 2, 0) == similar.rescored(
        1.0, DESCRIPTIONS[0], 2, 0
    )
