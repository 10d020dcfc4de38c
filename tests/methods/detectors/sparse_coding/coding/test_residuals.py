"""The worst part of a reconstruction error, worked out by hand."""

import numpy as np

from methods.detectors.sparse_coding.coding import indicators
from methods.detectors.sparse_coding.coding.residuals import largest_block_error
from methods.detectors.sparse_coding.coding.solver import encode


def test_the_block_with_the_largest_error_counts() -> None:
    """One atom, a single pixel; a penalty of 1 takes 1 from its weight, and the rest stays."""
    dictionary = np.zeros((1, 36), dtype=np.float32)
    dictionary[0, 0] = 1.0
    patch = np.zeros((6, 6), dtype=np.float32)
    patch[0, 0] = 5.0  # coded as 4: an error of 1
    patch[1, 1] = 2.0  # in the same block, not coded: 4
    patch[3, 3], patch[5, 5] = 1.5, 1.5  # another block: 4.5
    patches = patch.reshape(1, 36)
    codes = encode(patches, dictionary, 1.0)
    np.testing.assert_allclose(largest_block_error(patches, dictionary, codes), [5.0], rtol=1e-5)
    expected = [[np.log(5.0 + indicators.FLOOR / 10)]]
    found = indicators.of_residuals(patches, dictionary, codes)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_it_agrees_with_the_dense_residual() -> None:
    """A window of 7 has blocks of 3, 3 and 1 pixels along a side."""
    rng = np.random.default_rng(0)
    dictionary = rng.normal(size=(20, 49)).astype(np.float32)
    dictionary /= np.linalg.norm(dictionary, axis=1, keepdims=True)
    patches = rng.normal(size=(50, 49)).astype(np.float32)
    codes = encode(patches, dictionary, 0.3)
    residual = (patches - codes.dense(20) @ dictionary).reshape(-1, 7, 7)
    padded = np.pad(residual**2, ((0, 0), (0, 2), (0, 2)))
    expected = padded.reshape(-1, 3, 3, 3, 3).sum(axis=(2, 4)).max(axis=(1, 2))
    found = largest_block_error(patches, dictionary, codes)
    np.testing.assert_allclose(found, expected, rtol=1e-4)
