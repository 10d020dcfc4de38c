"""Deep SVDD: what it refuses and reports, and its two objectives."""

import numpy as np
import pytest

from methods import registry
from methods.detector import DetectorError
from methods.detectors.one_class.deep_svdd import DeepSvddParameters, SvddScorer
from methods.progress import no_progress
from methods.training.crops import Crops
from tests.methods.detectors.one_class.contract import PARAMS
from tests.methods.detectors.restoration.test_autoencoder import cloth

SMALL = PARAMS["deep-svdd"]


def scorer(biases: bool) -> tuple[SvddScorer, np.ndarray]:
    """A trained scorer with a heavy decay, and what it makes of normal patches (n, k)."""
    params = DeepSvddParameters(
        **{**SMALL, "pretraining": 0, "steps": 500, "decay": 1.0, "learning_rate": 0.02}
    )
    made = SvddScorer(params, 8, 1, whole=True, seed=0, biases=biases)
    patches = np.stack([cloth(8, 8, seed)[None] for seed in range(200)])
    made.train(Crops(patches, patches[:20]), no_progress)
    import torch

    with torch.no_grad():
        return made, made.describe(torch.from_numpy(patches))[:, :, 0, 0].numpy()


def test_a_collapsed_network_is_refused_with_what_was_measured() -> None:
    made, points = scorer(biases=True)
    with pytest.raises(
        DetectorError, match=r"collapsed on images: .* distinct scores of 200 patches"
    ):
        made.learn_normal(points, "images", no_progress)


def test_without_biases_it_is_not() -> None:
    made, points = scorer(biases=False)
    made.learn_normal(points, "images", no_progress)
    assert made.variance_ > 1e-4
    assert made.distinct_ > 150


def test_constant_images_are_refused() -> None:
    flat = [np.full((80, 80), 0.5, dtype=np.float32)] * 4
    with pytest.raises(DetectorError, match="collapsed"):
        registry.create("deep-svdd", SMALL).fit(flat)


def test_the_explanation_tells_how_far_from_a_collapse_it_is() -> None:
    images = [cloth(80, 80, seed) for seed in range(4)]
    detector = registry.create("deep-svdd", {**SMALL, "objective": "soft boundary"}).fit(images)
    quantities = detector.explain(images[0], 10, 10).quantities
    assert quantities is not None
    assert quantities["Distinct scores of normal patches"] > 100
    assert quantities["Variance of normal patches, in squared lengths of the centre"] > 1e-4
    assert quantities["Squared radius"] > 0


def test_the_soft_boundary_leaves_its_share_of_normal_patches_outside() -> None:
    images = [cloth(80, 80, seed) for seed in range(6)]
    params = {**SMALL, "objective": "soft boundary", "outside": 0.3, "steps": 200}
    detector = registry.create("deep-svdd", params).fit(images)
    network = detector.scorers_[0].network  # type: ignore[attr-defined]
    import torch

    crops = torch.from_numpy(np.stack([image[None, 20:36, 20:36] for image in images]))
    with torch.no_grad():
        distances = network(crops).flatten()
    assert network.squared_radius > 0
    assert 0 <= float((distances > network.squared_radius).float().mean()) <= 0.9
