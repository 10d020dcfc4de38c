"""The multiscale detector: its scales, its codes and its indicators."""

import numpy as np
import pytest

from methods.detectors.sparse_coding.coding.multiscale import halved
from methods.detectors.sparse_coding.multiscale import MultiscaleSparseCoding
from tests.methods.detectors.sparse_coding.test_sparse_coding import QUICK, texture

SETTINGS = QUICK | {"atoms": 20, "scales": 2, "group_penalty": 0.05}


@pytest.fixture(scope="module")
def detector() -> MultiscaleSparseCoding:
    return MultiscaleSparseCoding(SETTINGS).fit([texture(seed) for seed in range(3)])


def test_halving_takes_means_of_four_pixels_and_leaves_out_odd_ones() -> None:
    image = np.array([[1, 3, 9], [5, 7, 9], [9, 9, 9]], dtype=np.float32)
    np.testing.assert_array_equal(halved(image), [[4]])
    np.testing.assert_array_equal(halved(np.stack([image, 2 * image], axis=2)), [[[4, 8]]])


def test_each_scale_has_its_dictionary(detector: MultiscaleSparseCoding) -> None:
    assert detector.model_.dictionary_.shape == (2 * 20, 49)
    np.testing.assert_allclose(np.linalg.norm(detector.model_.dictionary_, axis=1), 1, rtol=1e-4)


def test_the_group_norm_is_an_indicator(detector: MultiscaleSparseCoding) -> None:
    explanation = detector.explain(texture(9), 40, 30)
    model = detector.model_
    patch = explanation.panels[0].picture.reshape(1, -1)
    weights = model.encode(model.standardise(patch).patches).dense(40)[0]
    norms = np.linalg.norm(weights[:20]) + np.linalg.norm(weights[20:])
    assert explanation.quantities["Group norm"] == pytest.approx(np.log(norms + 0.01), rel=1e-4)


def test_without_a_group_penalty_codes_are_those_of_one_dictionary() -> None:
    from methods.detectors.sparse_coding.coding.solver import encode

    fitted = MultiscaleSparseCoding(SETTINGS | {"group_penalty": 0.0}).fit([texture(0), texture(1)])
    model = fitted.model_
    patches = np.concatenate([band.patches for band in fitted.features_.bands(texture(9))])
    standardised = model.standardise(patches).patches
    ours = model.encode(standardised)
    plain = encode(standardised, model.dictionary_, model.params.penalty)
    penalty = model.params.penalty
    np.testing.assert_allclose(
        ours.squared_error / 2 + penalty * ours.l1_norm,
        plain.squared_error / 2 + penalty * plain.l1_norm,
        rtol=1e-3,
    )
