"""The detectors of the family: what they refuse, what they survive, and what they find."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.numpy import load_file, save_file
from scipy.ndimage import gaussian_filter

from images.colour import Image
from methods import registry
from methods.detector import Detector, DetectorError
from methods.detectors.restoration.restoration import enlarge
from methods.parameters import ParameterError
from methods.progress import Cancelled
from tests.methods.detectors.restoration.contract import PARAMS
from tests.progress import Heard, cancel_from


def stripes(height: int, width: int, seed: int = 0) -> Image:
    rng = np.random.default_rng(seed)
    waves = 0.5 + 0.3 * np.sin(np.arange(width) * 0.8 + rng.uniform(0, 6))
    noise = rng.normal(0, 0.03, (height, width))
    return np.clip(waves[None] + noise, 0, 1).astype(np.float32)


def cloth(height: int, width: int, seed: int) -> Image:
    """Noise that is smoother across than down; every image is another part of the same cloth."""
    noise = np.random.default_rng(seed).normal(size=(height + 20, width + 20))
    threads = gaussian_filter(noise, (1.5, 3.0))[10:-10, 10:-10]
    return np.clip(0.5 + 1.5 * threads, 0, 1).astype(np.float32)


@pytest.fixture(scope="module", params=sorted(PARAMS))
def fitted(request: pytest.FixtureRequest) -> Detector:
    name = str(request.param)
    return registry.create(name, PARAMS[name]).fit([stripes(96, 96)])


def test_one_small_image_is_enough_to_learn_from(fitted: Detector) -> None:
    detector = registry.create(fitted.name, {**PARAMS[fitted.name], "steps": 3})
    scores = detector.fit([stripes(32, 32)]).score_map(stripes(45, 51))
    assert scores.shape == (45, 51)


def test_narrow_images_are_learned_from_and_scored(fitted: Detector) -> None:
    detector = registry.create(fitted.name, {**PARAMS[fitted.name], "steps": 3})
    detector.fit([stripes(96, 96), stripes(96, 20), stripes(1, 50), stripes(50, 1)])
    for shape in ((1, 50), (50, 1), (20, 96), (96, 96)):
        scores = detector.score_map(stripes(*shape))
        assert scores.shape == shape
        assert np.isfinite(scores).all()


@pytest.fixture(scope="module", params=sorted(PARAMS))
def unseen(request: pytest.FixtureRequest) -> np.ndarray:
    """Score maps (n, 80, 112) of normal images that a detector has not learned from."""
    name = str(request.param)
    detector = registry.create(name, PARAMS[name]).fit([cloth(96, 96, seed) for seed in range(8)])
    return np.stack([detector.score_map(cloth(80, 112, seed)) for seed in range(10, 26)])


def test_normal_images_score_the_same_near_the_border_as_inside(unseen: np.ndarray) -> None:
    inside = unseen[:, 24:-24, 24:-24].mean()
    for depth in (2, 8):
        sides = [unseen[:, :depth], unseen[:, -depth:], unseen[..., :depth], unseen[..., -depth:]]
        for side in sides:
            assert 0.8 < side.mean() / inside < 1.25


def test_a_normal_pixel_scores_1_on_average(unseen: np.ndarray) -> None:
    assert unseen.mean() == pytest.approx(1, abs=0.25)


def test_two_that_learn_at_once_learn_what_each_learns_alone(tmp_path: Path) -> None:
    params = {**PARAMS["latent-mixture"], "steps": 25, "training": "joint", "score": "energy"}

    def learn(seed: int) -> Detector:
        return registry.create("latent-mixture", params, seed=seed).fit([stripes(64, 64)])

    alone = [learn(seed) for seed in (0, 1)]
    alone[0].save(tmp_path / "model.safetensors")
    threads = torch.get_num_threads()
    with ThreadPoolExecutor(3) as pool:
        together = pool.map(learn, (0, 1))
        # Loading makes a network too, which must not touch those that learn.
        for _ in range(5):
            pool.submit(registry.load, tmp_path / "model.safetensors")
        for one, other in zip(together, alone, strict=True):
            for key, value in one._state().items():
                np.testing.assert_array_equal(value, other._state()[key], err_msg=key)
    assert torch.get_num_threads() == threads


def test_a_defect_smoother_than_the_texture_scores_above_it() -> None:
    image = cloth(96, 96, seed=3)
    image[36:60, 36:60] = gaussian_filter(image, 6)[36:60, 36:60]
    found = {}
    for score in ("likelihood", "loss"):
        params = {**PARAMS["autoencoder"], "score": score, "loss": "l2"}
        detector = registry.create("autoencoder", params)
        scores = detector.fit([cloth(96, 96, seed) for seed in range(3)]).score_map(image)
        found[score] = scores[42:54, 42:54].mean()
    # Where 1 is usual: the smooth place is restored better than the cloth, and yet unusual.
    assert found["loss"] < 0.5
    assert found["likelihood"] > 1.5


def test_the_explained_score_is_the_score_of_the_map(fitted: Detector) -> None:
    image = stripes(300, 420, seed=1)
    scores = fitted.score_map(image)
    for row, col in ((0, 0), (150, 211), (299, 419), (20, 300)):
        explanation = fitted.explain(image, row, col)
        assert explanation.score == pytest.approx(float(scores[row, col]), rel=1e-3, abs=1e-3)
        patch, restored, residual = explanation.panels
        assert patch.picture.shape == (32, 32)
        np.testing.assert_allclose(residual.picture, patch.picture - restored.picture)


def test_the_patch_shown_is_the_window_around_the_pixel(fitted: Detector) -> None:
    image = stripes(300, 420, seed=1)
    patch = fitted.explain(image, 150, 200).panels[0].picture
    np.testing.assert_allclose(patch, image[134:166, 184:216], atol=1e-6)


def test_the_same_seed_gives_the_same_weights_and_another_seed_others() -> None:
    params = {**PARAMS["autoencoder"], "steps": 5}
    first, again, other = (
        registry.create("autoencoder", params, seed=seed).fit([stripes(64, 64)])
        for seed in (1, 1, 2)
    )
    states = [detector._state() for detector in (first, again, other)]
    for key, value in states[0].items():
        np.testing.assert_array_equal(value, states[1][key])
    assert not np.array_equal(states[0]["to_code.weight"], states[2]["to_code.weight"])


def test_cancelling_in_the_second_training_leaves_the_detector_unfitted() -> None:
    detector = registry.create("denoising-autoencoder", PARAMS["denoising-autoencoder"])
    with pytest.raises(Cancelled):
        detector.fit([stripes(64, 64)], progress=cancel_from(0.8))
    assert not detector.fitted


def test_each_step_of_both_forms_of_the_mixture_gives_finite_scores() -> None:
    for training in ("separate", "joint"):
        for score in ("likelihood", "energy"):
            chosen = {"steps": 10, "training": training, "score": score}
            params = {**PARAMS["latent-mixture"], **chosen}
            detector = registry.create("latent-mixture", params).fit([stripes(96, 96)])
            assert np.isfinite(detector.score_map(stripes(70, 80))).all()


@pytest.mark.parametrize("name", ["autoencoder", "inpainting", "denoising-autoencoder"])
def test_the_squared_error_stands_beside_the_loss(name: str) -> None:
    detector = registry.create(name, {**PARAMS[name], "score": "l2", "smoothing": 0, "steps": 5})
    detector.fit([stripes(96, 96)])
    assert (detector.score_map(stripes(64, 64)) >= 0).all()


@pytest.mark.parametrize(
    ("name", "params", "sentence"),
    [
        ("autoencoder", {"crop": 40}, "crop is 40; expected a multiple of 16"),
        ("inpainting", {"squares": "3,4"}, "squares is '3,4'; expected some of 2, 4, 8, 16"),
        ("autoencoder", {"loss": "l3"}, "autoencoder.loss is 'l3'; expected one of l2, ssim"),
    ],
)
def test_wrong_parameters_are_named(name: str, params: dict[str, object], sentence: str) -> None:
    with pytest.raises(ParameterError, match=sentence):
        registry.create(name, params)


def test_enlarging_is_linear_between_the_centres() -> None:
    scores = np.array([[0.0, 4.0]], dtype=np.float32)
    # Centres of the two wide pixels lie at 0.5 and 2.5.
    np.testing.assert_allclose(enlarge(scores, 2), [[0, 1, 3, 4], [0, 1, 3, 4]])


def test_training_tells_the_loss_of_every_step() -> None:
    heard = Heard()
    detector = registry.create("autoencoder", {**PARAMS["autoencoder"], "steps": 4})
    detector.fit([stripes(64, 64)], progress=heard)
    # A slow machine repeats a note while a step lasts.
    told = list(dict.fromkeys(note.split(", loss ")[0] for note in heard.notes if note))
    assert told == [f"step {step} of 4" for step in range(1, 5)]


@pytest.fixture(scope="module", params=sorted(PARAMS))
def matched(request: pytest.FixtureRequest) -> Detector:
    name = str(request.param)
    params = {**PARAMS[name], "steps": 3, "lighting": "matched"}
    return registry.create(name, params).fit([stripes(96, 96)])


def test_matched_a_change_of_exposure_changes_no_score(matched: Detector) -> None:
    """a x + b with 0.5 < a < 2 is brought back to x, so the map is the same, and the reason too."""
    image = cloth(96, 96, 3)
    darker = 0.7 * image + 0.05
    seen = matched.score_map(image)
    np.testing.assert_allclose(matched.score_map(darker), seen, rtol=2e-3)
    told = matched.explain(darker, 40, 50)
    assert told.score == pytest.approx(float(seen[40, 50]), rel=1e-2)
    np.testing.assert_allclose(told.panels[0].picture, darker[24:56, 34:66], atol=1e-5)


def test_kept_a_change_of_exposure_is_seen(matched: Detector) -> None:
    params = {**PARAMS[matched.name], "steps": 3, "lighting": "kept"}
    kept = registry.create(matched.name, params).fit([stripes(96, 96)])
    image = cloth(96, 96, 3)
    seen = kept.score_map(image)
    assert not np.allclose(kept.score_map(0.7 * image + 0.05), seen, rtol=2e-3)


def test_a_file_without_the_lighting_of_normal_images_is_refused(
    matched: Detector, tmp_path: Path
) -> None:
    path = tmp_path / "detector.safetensors"
    matched.save(path)
    arrays = load_file(path)
    with safe_open(path, framework="numpy") as file:
        about = file.metadata()
    arrays.pop("lighting")
    save_file(arrays, path, about)
    with pytest.raises(DetectorError, match="did not keep the lighting of the normal images"):
        registry.load(path)
