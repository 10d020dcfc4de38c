"""Transformations: what is left out or refused, and the three scores by hand."""

from pathlib import Path

import numpy as np
import pytest

from images.colour import Image
from methods import registry
from methods.detector import DetectorError
from methods.detectors.one_class.transformations import (
    TransformationParameters,
    Transformations,
    TransformationScorer,
)
from methods.parameters import ParameterError
from methods.progress import no_progress
from tests.methods.detectors.one_class.contract import PARAMS
from tests.methods.detectors.restoration.test_autoencoder import cloth

SMALL = {**PARAMS["transformations"], "mirrorings": False}


def with_defect(image: Image) -> Image:
    """A place where the threads run down instead of across."""
    damaged = image.copy()
    damaged[30:60, 30:60] = image[30:60, 30:60].T
    return damaged


@pytest.fixture(scope="module", params=["dirichlet", "softmax", "gaussian", "nearest neighbour"])
def fitted(request: pytest.FixtureRequest) -> Transformations:
    chosen = str(request.param)
    score = {"score": chosen}
    if chosen in ("gaussian", "nearest neighbour"):
        score = {"score": "two-step", "model": chosen}
    detector = registry.create("transformations", SMALL | score)
    assert isinstance(detector, Transformations)
    return detector.fit([cloth(96, 96, seed) for seed in range(8)])


def test_cloth_looks_the_same_turned_by_180_degrees(fitted: Transformations) -> None:
    """Its threads run across, so that a quarter turn shows and a half turn does not."""
    scorer = fitted.scorers_[0]
    assert scorer.kept_ == [0, 1]
    assert scorer.taken_for_ == {2: 0, 3: 1}
    text = fitted.explain(cloth(96, 96, 20), 40, 40).text
    assert "2 are left out" in text
    assert "turned by 180 degrees looks like unchanged" in text
    assert "2 of 4 told apart" in fitted.learned()[0].title


def test_a_turned_place_scores_higher(fitted: Transformations) -> None:
    image = cloth(96, 96, 30)
    before, after = (fitted.score_map(each)[38:52, 38:52] for each in (image, with_defect(image)))
    assert after.mean() > 1.5 * before.mean()


def test_scores_survive_saving_and_loading(fitted: Transformations, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    fitted.save(path)
    image = cloth(96, 80, 9)
    np.testing.assert_array_equal(registry.load(path).score_map(image), fitted.score_map(image))


def test_an_isotropic_texture_is_refused() -> None:
    rng = np.random.default_rng(0)
    noise = [rng.random((96, 96)).astype(np.float32) for _ in range(8)]
    with pytest.raises(DetectorError, match="cannot judge normal images of 96 x 96 pixels"):
        registry.create("transformations", PARAMS["transformations"]).fit(noise)


def test_something_must_be_told_apart() -> None:
    with pytest.raises(ParameterError, match="turns and mirrorings are both off"):
        registry.create("transformations", {"turns": False, "mirrorings": False})


def scorer(score: str) -> TransformationScorer:
    params = TransformationParameters(score=score, mirrorings=False, shifts=0)  # type: ignore[arg-type]
    return TransformationScorer(params, 16, 1, True, 0)


def points(right: list[float]) -> np.ndarray:
    """Patches whose four transformations are all given `right` each, and the rest evenly."""
    judged = np.empty((len(right), 4, 4), np.float32)
    for at, probability in enumerate(right):
        judged[at] = np.log((1 - probability) / 3)
        judged[at, range(4), range(4)] = np.log(probability)
    return judged.reshape(len(right), 16)


def test_the_softmax_score_is_1_minus_the_mean_probability() -> None:
    made = scorer("softmax")
    normal = np.random.default_rng(0).uniform(0.8, 0.95, 50).tolist()
    made.learn_normal(points(normal), "images", no_progress)
    assert made.kept_ == [0, 1, 2, 3]
    assert made.score(points([0.9, 0.25])) == pytest.approx([0.1, 0.75], abs=1e-6)


def test_the_dirichlet_score_is_minus_the_sum_of_log_densities() -> None:
    made = scorer("dirichlet")
    normal = np.random.default_rng(0).uniform(0.8, 0.95, 50).tolist()
    made.learn_normal(points(normal), "images", no_progress)
    made.alphas_ = np.tile([2.0, 1.0, 1.0, 1.0], (4, 1))
    made.lowest_ = -10.0
    # The density with (2, 1, 1, 1) is 24 p_1: gamma(5) / gamma(2). Only the first transformation
    # has its own probability, 0.9, in that place; the others have 0.1 / 3.
    expected = -np.log(24 * 0.9) - 3 * np.log(24 * 0.1 / 3) + 10
    assert made.score(points([0.9])) == pytest.approx(expected, rel=1e-5)


def test_the_likeliest_normal_patches_score_zero() -> None:
    made = scorer("dirichlet")
    normal = points(np.random.default_rng(0).uniform(0.8, 0.95, 200).tolist())
    made.learn_normal(normal, "images", no_progress)
    scores = made.score(normal)
    assert scores.min() == 0
    assert (scores == 0).sum() <= 2
    assert made.score(points([0.3]))[0] > scores.max()
