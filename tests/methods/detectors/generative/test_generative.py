"""The detectors of the family: what they score, what they show, and what they warn of."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from images.colour import Image
from methods import registry
from methods.detector import Detector
from methods.detectors.generative.gan import Gan
from methods.detectors.generative.variational_autoencoder import VariationalAutoencoder
from methods.training.crops import Crops
from tests.methods.detectors.generative.contract import PARAMS
from tests.progress import Heard

SCORES = [
    ("variational-autoencoder", "likelihood"),
    ("variational-autoencoder", "elbo"),
    ("variational-autoencoder", "reconstruction"),
    ("variational-autoencoder", "kl"),
    ("variational-autoencoder", "restoration"),
    ("gan", "likelihood"),
    ("gan", "izi_f"),
    ("gan", "residual"),
]
FEW = {"steps": 5, "encoder_steps": 5, "restoration_steps": 4}


def params(name: str, **changed: Any) -> dict[str, Any]:
    """The quick parameters of a method with changes; those that it does not have are left out."""
    known = registry.get(name).Params.model_fields
    return PARAMS[name] | {key: value for key, value in changed.items() if key in known}


def cloth(height: int, width: int, seed: int) -> Image:
    """Noise that is smoother across than down; every image is another part of the same cloth."""
    noise = np.random.default_rng(seed).normal(size=(height + 20, width + 20))
    threads = gaussian_filter(noise, (1.5, 3.0))[10:-10, 10:-10]
    return np.clip(0.5 + 1.5 * threads, 0, 1).astype(np.float32)


@pytest.fixture(scope="module", params=SCORES, ids=":".join)
def scored(request: pytest.FixtureRequest) -> Detector:
    """A detector for each score, barely trained."""
    name, score = request.param
    return registry.create(name, params(name, score=score, **FEW)).fit([cloth(64, 64, 0)])


def test_the_explained_score_is_the_score_of_the_map(scored: Detector) -> None:
    """The explanation sees a part of the image, the map is made of tiles: both agree."""
    image = cloth(280, 300, seed=1)
    scores = scored.score_map(image)
    assert scores.std() > 0
    for row, col in ((0, 0), (250, 262)):
        explanation = scored.explain(image, row, col)
        assert explanation.score == pytest.approx(float(scores[row, col]), rel=1e-3, abs=1e-3)
        patch, restored, residual = explanation.panels
        np.testing.assert_allclose(residual.picture, patch.picture - restored.picture)


def test_scores_of_every_kind_survive_saving_and_loading(scored: Detector, tmp_path: Path) -> None:
    scored.save(tmp_path / "model.safetensors")
    again = registry.load(tmp_path / "model.safetensors")
    image = cloth(50, 70, seed=2)
    np.testing.assert_array_equal(again.score_map(image), scored.score_map(image))
    assert again.warnings() == scored.warnings()


def test_parameters_without_effect_are_named() -> None:
    unused = {
        score: VariationalAutoencoder({"score": score}).params.unused()
        for score in ("kl", "elbo", "restoration")
    }
    restoring = {"restoration_steps", "restoration_rate", "variation_weight"}
    assert unused == {"kl": restoring | {"samples"}, "elbo": restoring, "restoration": {"samples"}}


@pytest.fixture(scope="module", params=sorted(PARAMS))
def trained(request: pytest.FixtureRequest) -> Detector:
    name = str(request.param)
    return registry.create(name, PARAMS[name]).fit([cloth(96, 96, seed) for seed in range(4)])


def test_a_normal_pixel_scores_1_on_average_also_near_the_border(trained: Detector) -> None:
    maps = np.stack([trained.score_map(cloth(80, 112, seed)) for seed in range(10, 22)])
    assert maps.mean() == pytest.approx(1, abs=0.3)
    inside = maps[:, 24:-24, 24:-24].mean()
    for side in (maps[:, :4], maps[:, -4:], maps[..., :4], maps[..., -4:]):
        assert 0.75 < side.mean() / inside < 1.33


def test_a_defect_smoother_than_the_texture_scores_above_it(trained: Detector) -> None:
    image = cloth(96, 96, seed=3)
    image[36:60, 36:60] = gaussian_filter(image, 6)[36:60, 36:60]
    assert trained.score_map(image)[42:54, 42:54].mean() > 1.5


def test_the_bound_alone_ranks_it_below_the_texture() -> None:
    image = cloth(96, 96, seed=3)
    image[36:60, 36:60] = gaussian_filter(image, 6)[36:60, 36:60]
    name = "variational-autoencoder"
    detector = registry.create(name, params(name, score="elbo"))
    scores = detector.fit([cloth(96, 96, seed) for seed in range(3)]).score_map(image)
    assert scores[42:54, 42:54].mean() < 1


def test_the_sheets_show_samples_beside_normal_crops(trained: Detector) -> None:
    samples, normal = trained.learned()
    # 16 crops of 32 pixels in rows of 4, with 2 pixels between them.
    assert samples.picture.shape == normal.picture.shape == (4 * 34 - 2, 4 * 34 - 2)
    assert samples.title.startswith("Generated samples, ")
    crops = normal.picture[:32, :32], normal.picture[:32, 34:66]
    assert all(0.2 < crop.mean() < 0.8 for crop in crops)
    assert not np.array_equal(*crops)
    np.testing.assert_array_equal(trained.learned()[0].picture, samples.picture)


def test_the_same_seed_gives_the_same_weights_and_another_seed_others() -> None:
    for name in PARAMS:
        first, again, other = (
            registry.create(name, params(name, **FEW), seed=seed).fit([cloth(64, 64, 0)])._state()
            for seed in (1, 1, 2)
        )
        for key, value in first.items():
            np.testing.assert_array_equal(value, again[key], err_msg=key)
        assert any(not np.array_equal(value, other[key]) for key, value in first.items())


@pytest.mark.parametrize("tuning", [False, True])
def test_the_generator_learns_with_the_encoder_only_when_it_is_tuned(tuning: bool) -> None:
    """The critic never does; with no step more the encoder has one batch less behind it."""
    one, two = (
        Gan(params("gan", steps=2, encoder_steps=count, tuning=tuning, learning_rate=0.01)).fit(
            [cloth(64, 64, 0)]
        )
        for count in (1, 20)
    )
    same = {
        part: all(
            torch.equal(first, second)
            for first, second in zip(
                getattr(one.network_, part).state_dict().values(),
                getattr(two.network_, part).state_dict().values(),
                strict=True,
            )
        )
        for part in ("encoder", "generator", "critic")
    }
    assert same == {"encoder": False, "generator": not tuning, "critic": True}


def test_training_tells_the_progress_of_both_networks() -> None:
    heard = Heard()
    Gan(params("gan", steps=3, encoder_steps=2)).fit([cloth(64, 64, 0)], progress=heard)
    told = [note.split(",")[0] for note in heard.notes if note]
    assert told == ["step 1 of 3", "step 2 of 3", "step 3 of 3", "step 1 of 2", "step 2 of 2"]


def test_a_generator_that_ignores_its_code_has_no_diversity_and_a_warning() -> None:
    detector = Gan(params("gan", **FEW)).fit([cloth(64, 64, seed) for seed in range(2)])
    network = detector.network_
    with torch.no_grad():
        network.autoencoder.from_code[0].weight.zero_()
    normal = np.stack([cloth(32, 32, seed)[None] for seed in range(40)])
    detector._look_at_samples(network, Crops(normal, normal[:2]))
    assert detector.diversity_.share == pytest.approx(0, abs=1e-6)
    (warning,) = detector.warnings()
    assert warning.startswith("the generator has collapsed: its samples are worth 1.0 different")
    assert detector.learned()[0].title == "Generated samples, 0 % as diverse as normal crops"


def test_a_code_that_says_nothing_has_a_warning() -> None:
    name = "variational-autoencoder"
    images = [cloth(64, 64, seed) for seed in range(2)]
    silent, telling = (
        VariationalAutoencoder(params(name, kl_weight=weight, steps=40)).fit(images)
        for weight in (100.0, 0.01)
    )
    (warning,) = silent.warnings()
    assert warning.startswith("the code has collapsed: it says 0.0")
    assert telling.warnings() == ()
    assert telling.nats_ > 0.5
