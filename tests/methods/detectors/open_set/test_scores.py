"""The formulas of open set recognition, by values that follow from logarithms of whole numbers."""

import math

import numpy as np
import pytest

from methods.detectors.open_set.scores import PRIOR, RIDGE, ClassGaussians, ScoreKind, scores_of

LOGITS = np.log(np.array([[6, 3, 1], [1, 1, 2]], dtype=np.float32))
"""Of two images and three classes: the probabilities are 0.6, 0.3, 0.1 and 0.25, 0.25, 0.5."""
NO_GAUSSIANS = ClassGaussians(np.zeros((3, 3)), np.zeros((3, 3, 3)))


@pytest.mark.parametrize(
    ("kind", "temperature", "expected"),
    [
        ("max logit", 1.0, [-math.log(6), -math.log(2)]),
        ("energy", 1.0, [-math.log(10), -math.log(4)]),
        # -2 log(sqrt 6 + sqrt 3 + sqrt 1) and -2 log(1 + 1 + sqrt 2)
        ("energy", 2.0, [-2 * math.log(6**0.5 + 3**0.5 + 1), -2 * math.log(2 + 2**0.5)]),
        ("softmax", 1.0, [0.4, 0.5]),
    ],
)
def test_scores_of_logits(kind: ScoreKind, temperature: float, expected: list[float]) -> None:
    scores = scores_of(LOGITS, kind, temperature, NO_GAUSSIANS)
    assert scores.dtype == np.float32
    assert scores == pytest.approx(expected, rel=1e-6)


def test_the_gaussian_score_is_the_distance_to_the_nearest_class() -> None:
    """Class 0 has unit covariance around (0, 0), class 1 variance 4 around (10, 0).

    (3, 0) is at squared distance 9 of class 0 and 49 / 4 of class 1; (8, 0) at 64 and 1.
    """
    precisions = np.stack([np.eye(2), np.eye(2) / 4])
    gaussians = ClassGaussians(np.array([[0.0, 0.0], [10.0, 0.0]]), precisions)
    logits = np.array([[3, 0], [8, 0]], dtype=np.float32)
    assert gaussians.squared_distances(logits) == pytest.approx(np.array([[9, 12.25], [64, 1]]))
    assert scores_of(logits, "gaussian", 1.0, gaussians) == pytest.approx([9, 1])


def test_gaussians_of_two_classes() -> None:
    """Two images a class, at (1, 1) and (-1, -1) from means (0, 0) and (4, 0).

    All deviations together have the covariance [[1, 1], [1, 1]], and so has each class; the prior
    changes nothing then, and the ridge is 0.001 of the mean variance 1.
    """
    logits = np.array([[1, 1], [-1, -1], [5, 1], [3, -1]], dtype=np.float32)
    gaussians = ClassGaussians.of(logits, np.array([0, 0, 1, 1]))
    assert gaussians.means == pytest.approx(np.array([[0, 0], [4, 0]]))
    expected = np.linalg.inv(np.ones((2, 2)) + RIDGE * np.eye(2))
    for precision in gaussians.precisions:
        assert precision == pytest.approx(expected, rel=1e-6)


def test_the_covariance_of_few_images_leans_to_that_of_all_classes() -> None:
    """Class 0 has one image and no deviations; class 1 deviates by 3 along each axis in turn.

    All deviations: 4 images of class 1 with (+-3, 0) and (0, +-3) and one of class 0 with 0, so
    the variance along each axis is 18 / 5. Class 0 takes its own 0 with weight 1 and that with the
    prior weight of 2 images for each of 2 classes.
    """
    logits = np.array([[9, 0], [3, 0], [-3, 0], [0, 3], [0, -3]], dtype=np.float32)
    gaussians = ClassGaussians.of(logits, np.array([0, 1, 1, 1, 1]))
    shared, prior = 18 / 5, 2 * PRIOR
    variance = prior * shared / (1 + prior) + RIDGE * shared
    assert gaussians.precisions[0] == pytest.approx(np.eye(2) / variance)
    variance = (18 + prior * shared) / (4 + prior) + RIDGE * shared
    assert gaussians.precisions[1] == pytest.approx(np.eye(2) / variance)
