"""The PCA residual against scikit-learn and against a case worked by hand."""

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from methods import registry
from methods.detectors.patch_models.pca_residual import PcaResidual, SubspaceModel
from methods.features.raw import RawPatches
from methods.parameters import ParameterError
from methods.patches.patch_detector import NormalPatches
from methods.progress import no_progress


def test_equals_scikit_learn_on_all_patches() -> None:
    rng = np.random.default_rng(0)
    images = [rng.random((20, 24), dtype=np.float32) for _ in range(2)]
    features = RawPatches(window=4, stride=1)
    model = SubspaceModel(variance=0.7)
    model.fit(NormalPatches(features, images), rng, no_progress)
    patches = np.concatenate([features.grid(20, 24).cut(image) for image in images])
    reference = PCA(n_components=0.7, svd_solver="full").fit(patches)
    assert len(model.components_) == reference.n_components_
    unseen = rng.random((20, 24), dtype=np.float32)
    (band,) = features.bands(unseen)
    restored = reference.inverse_transform(reference.transform(band.patches))
    np.testing.assert_allclose(
        model.score(band), ((band.patches - restored) ** 2).sum(axis=1), rtol=1e-4
    )


def test_what_lies_outside_the_subspace_is_the_score() -> None:
    # Normal patches of 3 x 3, all constant: the subspace is the line along (1, ..., 1).
    rows = np.linspace(0, 1, 9, dtype=np.float32)
    params = {"window": 3, "stride": 1, "smoothing": 0, "standardise": False}
    detector = registry.create("pca-residual", {"features": "raw patches", **params})
    flat = [np.full((3, 3), value, dtype=np.float32) for value in rows]
    detector.fit(flat)
    spot = np.full((3, 3), 0.5, dtype=np.float32)
    spot[1, 1] = 0.8
    # Of the deviation 0.3 at one of nine pixels the line explains the mean 0.3 / 9; what is left
    # is 0.3^2 (1 - 1/9) = 0.08.
    np.testing.assert_allclose(detector.score_map(spot), 0.08, rtol=1e-4)


def test_windows_that_leave_pixels_out_are_refused() -> None:
    with pytest.raises(ParameterError) as caught:
        registry.create("pca-residual", {"window": 8, "stride": 9})
    assert str(caught.value) == (
        "pca-residual: stride is 9; expected at most the patch size 8, so that every pixel is "
        "covered."
    )


def test_standardised_patches_equal_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    images = [rng.random((12, 12), dtype=np.float32) ** 2 for _ in range(2)]
    features = RawPatches(window=3, stride=1)
    model = SubspaceModel(variance=0.8, standardise=True)
    model.fit(NormalPatches(features, images), rng, no_progress)
    patches = np.concatenate([features.grid(12, 12).cut(image) for image in images])
    standard = (patches - patches.mean(axis=0)) / patches.std(axis=0)
    reference = PCA(n_components=0.8, svd_solver="full").fit(standard)
    restored = reference.inverse_transform(reference.transform(standard))
    (band,) = features.bands(images[0])
    expected = ((standard - restored) ** 2).sum(axis=1)[: len(band.patches)]
    np.testing.assert_allclose(model.score(band), expected, rtol=1e-3, atol=1e-5)


def test_normalised_patches_equal_those_of_torch() -> None:
    """Each part by the layer normalisation of torch; then the residual of scikit-learn."""
    rng = np.random.default_rng(2)
    images = [rng.random((14, 15), dtype=np.float32) for _ in range(2)]
    features = RawPatches(window=3, stride=1)
    model = SubspaceModel(variance=0.8, parts=(4, 5))
    model.fit(NormalPatches(features, images), rng, no_progress)
    patches = np.concatenate([features.grid(14, 15).cut(image) for image in images])
    tensor = torch.from_numpy(patches)
    normal = np.concatenate(
        [
            torch.nn.functional.layer_norm(part, part.shape[1:], eps=1e-6).numpy()
            for part in (tensor[:, :4], tensor[:, 4:])
        ],
        axis=1,
    )
    reference = PCA(n_components=0.8, svd_solver="full").fit(normal)
    restored = reference.inverse_transform(reference.transform(normal))
    (band,) = features.bands(images[0])
    expected = ((normal - restored) ** 2).sum(axis=1)[: len(band.patches)]
    np.testing.assert_allclose(model.score(band), expected, rtol=1e-3, atol=1e-5)


def test_the_subspace_knows_proportions_only() -> None:
    """At half the contrast and brighter, a patch has the same normalised features."""
    rng = np.random.default_rng(3)
    normal = [rng.random((16, 16), dtype=np.float32) for _ in range(3)]
    raw = {"features": "raw patches", "window": 3, "variance": 0.7}
    detector = PcaResidual({**PcaResidual.presets["subspace"], **raw}).fit(normal)
    scores = detector.score_map(normal[0])
    assert scores.min() > 0.01
    np.testing.assert_allclose(detector.score_map(normal[0] / 2 + 0.1), scores, rtol=1e-3)


def test_the_subspace_goes_with_a_network(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    normal = [rng.normal(0.5, 0.05, (64, 64)).astype(np.float32) for _ in range(4)]
    seen = normal[0].copy()
    seen[24:40, 24:40] = 1
    detector = PcaResidual(PcaResidual.presets["subspace"]).fit(normal)
    scores = detector.score_map(seen)
    assert scores[28:36, 28:36].mean() > 2 * scores[:10].mean()
    assert "principal components" in detector.explain(seen, 32, 32).text
    detector.save(tmp_path / "model.safetensors")
    again = PcaResidual.load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(again.score_map(seen), scores)


def test_goes_with_a_network() -> None:
    rng = np.random.default_rng(0)
    normal = [rng.normal(0.5, 0.05, (64, 64)).astype(np.float32) for _ in range(4)]
    seen = normal[0].copy()
    seen[24:40, 24:40] = 1
    detector = PcaResidual().fit(normal)
    scores = detector.score_map(seen)
    assert scores[28:36, 28:36].mean() > 2 * scores[:10].mean()
