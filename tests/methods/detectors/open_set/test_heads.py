"""The last layer: logits of images and of their cells."""

import numpy as np
import pytest

from methods.detectors.open_set.heads import RIDGE, GaussianHead, Head, LinearHead

CELLS = np.arange(12, dtype=np.float32).reshape(2, 2, 3)
"""Two features of 2 x 3 cells; their means are 2.5 and 8.5."""
LINEAR = LinearHead(
    np.array([[1, 0], [2, -1]], dtype=np.float32), np.array([0.5, 0], dtype=np.float32)
)
GAUSSIAN = GaussianHead(np.array([[2.0, 8.0], [0.0, 0.0]]), np.array([[4.0, 0.0], [0.0, 1.0]]))


def test_a_linear_layer() -> None:
    """2.5 + 0.5 and 2 x 2.5 - 8.5."""
    assert LINEAR.of_images(np.array([[2.5, 8.5]], dtype=np.float32)) == pytest.approx(
        np.array([[3.0, -3.5]])
    )
    assert LINEAR.of_cells(CELLS)[:, 0, 0] == pytest.approx([0.5, -6])


def test_gaussians() -> None:
    """-1/2 (4 x 0.5^2 + 0.5^2) from the first mean, -1/2 (4 x 2.5^2 + 8.5^2) from the second."""
    assert GAUSSIAN.of_images(np.array([[2.5, 8.5]], dtype=np.float32)) == pytest.approx(
        np.array([[-0.625, -48.625]])
    )


def test_the_part_of_a_cell_in_a_gaussian() -> None:
    """Cell (0, 0) has the features 0 and 6: -1/2 (4 x -2 x 0.5 + -2 x 0.5) for the first class."""
    assert GAUSSIAN.of_cells(CELLS)[0, 0, 0] == pytest.approx(2.5)


@pytest.mark.parametrize("head", [LINEAR, GAUSSIAN])
def test_the_logits_of_an_image_are_the_mean_over_its_cells(head: Head) -> None:
    whole = head.of_images(CELLS.mean(axis=(1, 2))[None])[0]
    assert head.of_cells(CELLS).mean(axis=(1, 2)) == pytest.approx(whole)


def test_gaussians_of_features() -> None:
    """Two classes around (0, 0) and (10, 0), with deviations of 1 along either axis.

    The covariance is 1/2 along both, which no shrinkage changes, and the ridge adds 1 % to it.
    """
    deviations = np.array([[1, 0], [-1, 0], [0, 1], [0, -1]], dtype=np.float32)
    features = np.concatenate([deviations, deviations + np.float32([10, 0])])
    head = GaussianHead.of(features, np.repeat([0, 1], 4))
    assert head.means == pytest.approx(np.array([[0, 0], [10, 0]]))
    assert head.precision == pytest.approx(np.eye(2) / (0.5 * (1 + RIDGE)))
