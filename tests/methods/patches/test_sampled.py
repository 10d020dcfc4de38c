"""Models of a sample of normal patches, by hand and against scikit-learn."""

import numpy as np
import pytest
from sklearn.neighbors import KernelDensity as Reference
from sklearn.svm import OneClassSVM

from methods.detectors.patch_models.gaussian_mixture import MixtureModel, MixtureParameters
from methods.detectors.patch_models.kernel_density import (
    FACTORS,
    KernelDensityModel,
    KernelDensityParameters,
)
from methods.detectors.patch_models.one_class_svm import OneClassModel, OneClassParameters
from methods.features.patch_features import Band
from methods.models.gaussian import SharedGaussian
from methods.patches.grid import PatchGrid
from methods.patches.reduction import Reduction
from methods.patches.sampled import SampleModel
from methods.progress import no_progress
from tests.methods.detectors.patch_models.test_padim import fitted, image, scores


def cloud(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, 3)).astype(np.float32)


def learned(model: SampleModel, sample: np.ndarray) -> SampleModel:
    """The model, fitted on patches that are reduced already."""
    model._fit(sample, np.random.default_rng(0), no_progress)
    return model


def test_a_mixture_of_one_is_the_mahalanobis_distance() -> None:
    normal = [image([1, 6, 3, 14]), image([1, 14, 3, 7])]
    one = fitted(MixtureModel(MixtureParameters(components=1, shrinkage=0.25)), normal)
    seen = image([4, 10, 4, 14])
    shared = fitted(SharedGaussian(Reduction("none", 1), 0.25), normal)
    np.testing.assert_allclose(scores(one, seen), scores(shared, seen), rtol=1e-5)


def test_between_two_kinds_of_normal_patches_one_gaussian_finds_nothing() -> None:
    sample = np.concatenate([cloud(300, 0) - 5, cloud(300, 1) + 5])
    middle = np.zeros((1, 3), dtype=np.float32)
    one, two = (
        learned(MixtureModel(MixtureParameters(components=count)), sample) for count in (1, 2)
    )
    assert one._score(middle)[0] < np.median(one._score(sample))
    assert two._score(middle)[0] > two._score(sample).max()


def test_kernels_on_normal_patches_are_scikit_learns() -> None:
    model = learned(KernelDensityModel(KernelDensityParameters(bandwidth=0.7)), cloud(60, 0))
    seen = cloud(20, 1)
    logs = Reference(bandwidth=0.7).fit(model.points_).score_samples(seen)
    expected = 0.7 * np.sqrt(-2 * (logs + 1.5 * np.log(2 * np.pi * 0.7**2)))
    np.testing.assert_allclose(model._score(seen), expected, rtol=1e-4)


def test_the_bandwidth_is_the_likeliest_for_patches_without_a_kernel() -> None:
    sample = cloud(300, 0)
    model = learned(KernelDensityModel(KernelDensityParameters()), sample)
    assert len(model.points_) == 200
    kernels = {point.tobytes() for point in model.points_}
    judged = np.array([patch for patch in sample if patch.tobytes() not in kernels])
    scott = np.sqrt(model.points_.var(axis=0).mean()) * 200 ** (-1 / 7)
    likelihoods = [Reference(bandwidth=b).fit(model.points_).score(judged) for b in scott * FACTORS]
    assert model.width_ == pytest.approx(scott * FACTORS[np.argmax(likelihoods)])


def test_two_support_vectors_by_hand() -> None:
    # Variance 1, so h^2 = 1/8. Each vector has half of the weight and lies 1 from the middle.
    params = OneClassParameters(outside=0.9, width=0.5)
    model = learned(OneClassModel(params), np.array([[-1.0], [1.0]], dtype=np.float32))
    assert model.width_ == pytest.approx(8**-0.5)
    np.testing.assert_allclose(model.weights_, [0.5, 0.5])
    np.testing.assert_allclose(model._score(np.zeros((1, 1), dtype=np.float32)), [1], rtol=1e-6)


@pytest.mark.parametrize("outside", [0.05, 0.3])
def test_that_share_of_normal_patches_bounds_those_outside(outside: float) -> None:
    sample = cloud(600, 0)
    model = learned(OneClassModel(OneClassParameters(outside=outside, width=1.0)), sample)
    # Vectors at the border are neither in nor out, to the solver's precision.
    out = (model._score(sample) > model.edge_ * 1.001).mean()
    assert out <= outside
    assert out == pytest.approx(outside, abs=0.03)
    assert len(model.points_) >= outside * len(sample)


def test_the_region_is_scikit_learns() -> None:
    sample, seen = cloud(400, 0), 1.5 * cloud(200, 1)
    model = learned(OneClassModel(OneClassParameters(width=1.0)), sample)
    gamma = 1 / sample.var(axis=0).sum()
    decided = OneClassSVM(gamma=gamma, nu=0.1).fit(sample).decision_function(seen)
    clear = np.abs(decided) > 1e-4
    np.testing.assert_array_equal((model._score(seen) > model.edge_)[clear], (decided < 0)[clear])


def test_patches_that_are_all_the_same_give_finite_scores() -> None:
    flat = image([2, 5, 2, 5, 2, 5, 2, 5], [2, 5, 2, 5, 2, 5, 2, 5])
    for model in (
        MixtureModel(MixtureParameters()),
        KernelDensityModel(KernelDensityParameters()),
        OneClassModel(OneClassParameters()),
    ):
        fitted(model, [flat, flat])
        grid = PatchGrid(1, 1, 1, np.zeros(1, dtype=int), np.zeros(1, dtype=int))
        odd = Band(np.array([[2, 5], [9, 1]], dtype=np.float32), 0, grid)
        usual, far = model.score(odd)
        assert np.isfinite([usual, far]).all()
        assert usual < far
