"""What the detectors of the family share: patches or whole images, sizes, borders, files."""

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits

from images.colour import Image
from methods import registry
from methods.detector import Detector
from methods.detectors.one_class.one_class import patch_at, resized, together, whole_images
from methods.parameters import ParameterError
from methods.progress import Cancelled, no_progress
from tests.methods.detectors.one_class.contract import PARAMS
from tests.methods.detectors.restoration.test_autoencoder import cloth
from tests.progress import Heard, cancel_from

NAMES = sorted(PARAMS)


def short(name: str, steps: int) -> dict[str, Any]:
    """Quick parameters; transformations refuse what they have not learned to tell apart."""
    return PARAMS[name] | ({} if name == "transformations" else {"steps": steps})


def digits(digit: int) -> list[Image]:
    """Images of 8 x 8 pixels of one digit."""
    given = load_digits()
    return [image.astype(np.float32) / 16 for image in given.images[given.target == digit]]


@pytest.fixture(scope="module", params=NAMES)
def of_digits(request: pytest.FixtureRequest) -> Detector:
    name = str(request.param)
    return registry.create(name, {**PARAMS[name], "steps": 150}).fit(digits(4)[:60])


def test_small_images_of_one_size_have_one_score_each(of_digits: Detector) -> None:
    for image in digits(4)[60:63]:
        scores = of_digits.score_map(image)
        assert scores.shape == (8, 8)
        assert np.ptp(scores) == 0


def test_another_digit_scores_higher(of_digits: Detector) -> None:
    own, others = (
        np.array([of_digits.score_map(image).max() for image in digits(digit)[60:100]])
        for digit in (4, 2)
    )
    assert (others[:, None] > own).mean() > 0.9


def test_a_whole_image_explains_its_score(of_digits: Detector) -> None:
    image = digits(2)[0]
    explanation = of_digits.explain(image, 3, 5)
    assert explanation.score == pytest.approx(float(of_digits.score_map(image)[3, 5]))
    assert explanation.panels[0].picture.shape == (8, 8)


@pytest.mark.parametrize("name", NAMES)
def test_images_of_several_sizes_or_large_ones_are_judged_by_patches(name: str) -> None:
    params = {**short(name, 3)}
    for shapes in ([(30, 30), (30, 32)], [(30, 65), (30, 65)]):
        images = [cloth(*shape, seed) for seed, shape in enumerate(shapes * 4)]
        detector = registry.create(name, params).fit(images)
        assert np.ptp(detector.score_map(images[0])) > 0


@pytest.mark.parametrize("name", NAMES)
def test_the_view_can_be_chosen(name: str) -> None:
    images = [cloth(48, 48, seed) for seed in range(4)]
    for view, one_score in (("patches", False), ("whole images", True)):
        params = {**short(name, 20), "view": view}
        scores = registry.create(name, params).fit(images).score_map(cloth(50, 40, 9))
        assert (np.ptp(scores) == 0) == one_score


@pytest.fixture(scope="module", params=NAMES)
def of_cloth(request: pytest.FixtureRequest) -> Detector:
    name = str(request.param)
    return registry.create(name, PARAMS[name]).fit([cloth(96, 96, seed) for seed in range(6)])


def test_a_normal_pixel_scores_1_on_average_near_the_border_and_inside(of_cloth: Detector) -> None:
    maps = np.stack([of_cloth.score_map(cloth(80, 112, seed)) for seed in range(10, 26)])
    assert maps.mean() == pytest.approx(1, abs=0.6)
    inside = maps[:, 24:-24, 24:-24].mean()
    for side in (maps[:, :4], maps[:, -4:], maps[..., :4], maps[..., -4:]):
        assert 0.7 < side.mean() / inside < 1.4


def test_the_explained_score_is_the_score_of_the_map(of_cloth: Detector) -> None:
    image = cloth(100, 140, 3)
    scores = of_cloth.score_map(image)
    for row, col in ((0, 0), (50, 71), (99, 139)):
        explanation = of_cloth.explain(image, row, col)
        assert explanation.score == pytest.approx(float(scores[row, col]))
        assert explanation.panels[0].picture.shape == (16, 16)


def test_a_map_does_not_depend_on_tiles(of_cloth: Detector) -> None:
    """An image larger than a tile has, far from its border, the scores of a part of it."""
    image = cloth(96, 300, 5)
    part = of_cloth.score_map(np.ascontiguousarray(image[:, 160:]))
    # Smoothing mixes in what the border makes of the part, 8 pixels deep.
    np.testing.assert_allclose(of_cloth.score_map(image)[:, 210:280], part[:, 50:120], rtol=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_several_patch_sizes_are_learned_saved_and_multiplied(name: str, tmp_path) -> None:
    params = {**short(name, 20), "patches": (8, 16)}
    images = [cloth(80, 80, seed) for seed in range(8)]
    both = registry.create(name, params).fit(images)
    both.save(tmp_path / "model.safetensors")
    image = cloth(72, 90, 9)
    scores = both.score_map(image)
    np.testing.assert_array_equal(
        registry.load(tmp_path / "model.safetensors").score_map(image), scores
    )
    assert scores.shape == (72, 90)
    assert both.explain(image, 20, 30).panels[0].picture.shape == (16, 16)


def test_the_score_of_several_sizes_is_their_geometric_mean() -> None:
    first, second = np.array([[1, 4, 0]], np.float32), np.array([[1, 9, 1]], np.float32)
    assert together([first]).tolist() == [[1, 4, 0]]
    np.testing.assert_allclose(together([first, second]), [[1, 6, 1e-3]], rtol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_weights_and_another_seed_others(name: str) -> None:
    images = [cloth(64, 80, seed) for seed in range(4)]
    states = [
        registry.create(name, {**short(name, 5)}, seed=seed).fit(images)._state()
        for seed in (1, 1, 2)
    ]
    for key, value in states[0].items():
        np.testing.assert_array_equal(value, states[1][key])
    weights = next(key for key in states[0] if key.endswith("convolutions.0.weight"))
    assert not np.array_equal(states[0][weights], states[2][weights])


@pytest.mark.parametrize("name", NAMES)
def test_steps_and_loss_are_reported_and_can_be_cancelled(name: str) -> None:
    images = [cloth(64, 80, seed) for seed in range(4)]
    heard = Heard()
    registry.create(name, {**short(name, 5)}).fit(images, progress=heard)
    assert any(note.startswith("step 5 of ") for note in heard.notes)
    detector = registry.create(name, PARAMS[name])
    with pytest.raises(Cancelled):
        detector.fit(images, progress=cancel_from(0.6))
    assert not detector.fitted


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("patches", [(), (16, 16)])
def test_patch_sizes_are_given_once(name: str, patches: tuple[int, ...]) -> None:
    with pytest.raises(ParameterError, match="patches must name at least one size"):
        registry.create(name, {"patches": patches})


def test_one_of_eight_whole_images_is_held_out() -> None:
    images = [np.full((4, 4), value, np.float32) for value in range(20)]
    crops = whole_images(images, 8, np.random.default_rng(0), no_progress)
    assert crops.training.shape == (18, 1, 8, 8)
    assert crops.held_out.shape == (2, 1, 8, 8)
    seen = [*crops.training[:, 0, 0, 0], *crops.held_out[:, 0, 0, 0]]
    assert sorted(seen) == list(range(20))
    few = whole_images(images[:3], 8, np.random.default_rng(0), no_progress)
    np.testing.assert_array_equal(few.training, few.held_out)


def test_what_becomes_smaller_is_averaged() -> None:
    chequered = np.indices((64, 64)).sum(axis=0) % 2
    assert resized(chequered[None].astype(np.float32), 8) == pytest.approx(0.5, abs=0.02)


def test_a_patch_at_the_border_is_mirrored() -> None:
    """Cells of 4 pixels and patches of 8: the first begins two pixels outside."""

    class Eight:
        side, stride = 8, 4

    small = np.arange(24.0, dtype=np.float32)[None, None].repeat(24, axis=1)
    assert patch_at(small, 0, 0, Eight())[0, 0].tolist() == [2, 1, 0, 1, 2, 3, 4, 5]
    assert patch_at(small, 2, 2, Eight())[0, 0].tolist() == [6, 7, 8, 9, 10, 11, 12, 13]
    assert patch_at(small, 5, 5, Eight())[0, 0].tolist() == [18, 19, 20, 21, 22, 23, 22, 21]
