"""The sparse-coding detector: what it learns from, and the arithmetic of its explanations."""

import re
from pathlib import Path

import numpy as np
import pytest

from images.colour import Image
from methods import registry
from methods.detector import DetectorError
from methods.detectors.sparse_coding.coding.model import SparseCodingModel, mosaic
from methods.detectors.sparse_coding.sparse_coding import SparseCoding
from methods.features.raw import RawPatches
from methods.patches.patch_detector import NormalPatches
from methods.progress import no_progress

QUICK = {
    "window": 7,
    "stride": 3,
    "atoms": 30,
    "surroundings": 0,
    "components": 3,
    "training_patches": 3000,
    "density_patches": 1500,
    "smoothing": 0.0,
}


def texture(seed: int, height: int = 90, width: int = 70) -> Image:
    rng = np.random.default_rng(seed)
    rows, cols = np.mgrid[:height, :width]
    waves = np.sin(rows * 0.8 + rng.uniform(0, 6)) + np.sin(cols * 0.6 + rng.uniform(0, 6))
    noise = rng.normal(0, 0.02, (height, width))
    return (0.5 + 0.15 * waves + noise).astype(np.float32)


@pytest.fixture(scope="module")
def detector() -> SparseCoding:
    return SparseCoding(QUICK).fit([texture(seed) for seed in range(3)])


def test_held_out_patches_share_no_pixel_with_those_learned_from() -> None:
    images = [
        np.arange(40 * 20, dtype=np.float32).reshape(40, 20),
        np.arange(1000, 1000 + 20 * 40, dtype=np.float32).reshape(20, 40),
    ]
    learning, held_out = NormalPatches(RawPatches(5, 1), images).split(0.3, 10)
    pixels = [
        {float(value) for band in part.bands(no_progress) for value in band.patches.ravel()}
        for part in (learning, held_out)
    ]
    assert not pixels[0] & pixels[1]
    assert pixels[0] | pixels[1] == {float(value) for image in images for value in image.ravel()}
    # 30 % of the longer side of 40 pixels, times the shorter one of 20, in two images.
    assert len(pixels[1]) == 2 * 12 * 20


def test_the_density_is_fitted_on_patches_that_the_dictionary_never_saw(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[np.ndarray] = []
    standardise = SparseCodingModel.standardise

    def recorded(model: SparseCodingModel, patches: np.ndarray) -> object:
        seen.append(patches)
        return standardise(model, patches)

    monkeypatch.setattr(SparseCodingModel, "standardise", recorded)
    images = [np.random.default_rng(seed).random((60, 40), dtype=np.float32) for seed in range(2)]
    SparseCoding(QUICK).fit(images)
    training, *held_out = seen
    assert len(held_out) > 0
    assert not set(training.ravel()) & set(np.concatenate(held_out).ravel())


def test_an_image_too_small_to_hold_out_a_part_is_refused_with_its_size() -> None:
    with pytest.raises(DetectorError, match=r"20 x 18 pixels.* must be at least 28 pixels"):
        SparseCoding(QUICK | {"window": 14, "stride": 2}).fit([texture(0, 18, 20)])


def test_flat_images_are_refused() -> None:
    with pytest.raises(DetectorError, match="no texture to learn"):
        SparseCoding(QUICK).fit([np.full((60, 60), 0.25, dtype=np.float32)])


@pytest.mark.parametrize("contrast", ["kept", "evened"])
def test_reconstruction_is_the_mean_and_the_weighted_atoms(contrast: str) -> None:
    fitted = SparseCoding(QUICK | {"contrast": contrast}).fit([texture(seed) for seed in range(2)])
    image = texture(9)
    explanation = fitted.explain(image, 40, 30)
    panels = {panel.title: panel.picture for panel in explanation.panels}
    patch, expected, residual = (panels[name] for name in ("Patch", "Expected", "Residual"))
    np.testing.assert_allclose(patch, expected + residual, atol=1e-6)

    model = fitted.model_
    standardised = model.standardise(patch.reshape(1, -1))
    weights = model.encode(standardised.patches).dense(30)[0]
    unit = np.linalg.norm(patch - patch.mean()) if contrast == "evened" else model.typical_norm_
    by_hand = patch.mean() + unit * (weights @ model.dictionary_).reshape(7, 7)
    np.testing.assert_allclose(expected, by_hand, atol=1e-5)


def test_explanation_names_the_heaviest_atoms_and_the_place_in_the_cloud(
    detector: SparseCoding,
) -> None:
    image = texture(9)
    explanation = detector.explain(image, 40, 30)
    panels = [panel for panel in explanation.panels if "atom" in panel.title]
    found = [re.fullmatch(r"([+-]\d+\.\d\d) x atom (\d+)", panel.title) for panel in panels]
    weights = [abs(float(match[1])) for match in found]
    assert weights == sorted(weights, reverse=True)
    for match, panel in zip(found, panels, strict=True):
        atom = detector.model_.dictionary_[int(match[2])]
        np.testing.assert_array_equal(panel.picture.ravel(), atom)
    assert explanation.cloud is not None
    assert explanation.cloud.here == pytest.approx(
        (explanation.quantities["Squared error"], explanation.quantities["l1 norm"])
    )
    assert explanation.quantities["Atoms used"] >= len(panels)


def test_score_is_minus_the_log_density_of_the_indicators(detector: SparseCoding) -> None:
    model = detector.model_
    explanation = detector.explain(texture(9), 40, 30)
    point = np.array([[explanation.quantities[name] for name in model.indicator_names()]])
    assert explanation.score == pytest.approx(model.density_.score(point)[0], rel=1e-5)


def test_about_the_wanted_share_of_new_normal_patches_reaches_the_threshold(
    detector: SparseCoding,
) -> None:
    threshold = detector.model_.density_.threshold(0.1)
    scores = np.concatenate(
        [
            detector.model_.score(band)
            for seed in range(20, 30)
            for band in detector.features_.bands(texture(seed))
        ]
    )
    assert 0.05 < (scores >= threshold).mean() < 0.2


def test_coding_alone_uses_the_two_published_indicators() -> None:
    fitted = SparseCoding(QUICK | {"indicators": "coding"}).fit([texture(0)])
    assert fitted.model_.density_.mixture_.means_.shape == (3, 2)


def test_the_learned_dictionary_is_shown_and_survives_saving(
    detector: SparseCoding, tmp_path: Path
) -> None:
    detector.save(tmp_path / "model.safetensors")
    again = registry.load(tmp_path / "model.safetensors")
    (panel,), (same,) = detector.learned(), again.learned()
    # 30 atoms in 6 columns and 5 rows of 7 pixels, with lines of one pixel between and around.
    assert panel.picture.shape == (5 * 8 + 1, 6 * 8 + 1)
    assert panel.signed
    np.testing.assert_array_equal(panel.picture, same.picture)
    assert detector.explain(texture(9), 5, 5).text == again.explain(texture(9), 5, 5).text


def test_a_mosaic_lays_atoms_out_row_by_row() -> None:
    picture = mosaic(np.array([[1, 0, 0, -2], [4, 4, 4, 4], [0, 0, 0, 1]], dtype=np.float32))
    expected = np.zeros((7, 7), dtype=np.float32)
    expected[1:3, 1:3] = [[0.5, 0], [0, -1]]
    expected[1:3, 4:6] = 1
    expected[4:6, 1:3] = [[0, 0], [0, 1]]
    np.testing.assert_array_equal(picture, expected)


def test_brightness_counts_from_the_surroundings() -> None:
    image = np.zeros((9, 9), dtype=np.float32)
    image[4, 4] = 9
    band = RawPatches(3, 3, surroundings=3).at(image, 1, 1)
    # The mean over 3 x 3 pixels is 1 at each of the nine in the middle.
    expected = np.full((3, 3), -1.0)
    expected[1, 1] = 8
    np.testing.assert_allclose(band.patches.reshape(3, 3), expected, atol=1e-6)


def test_a_change_of_illumination_does_not_change_the_scores() -> None:
    settings = QUICK | {"surroundings": 21}
    fitted = SparseCoding(settings).fit([texture(seed) for seed in range(3)])
    image = texture(9)
    np.testing.assert_allclose(
        fitted.score_map(image + np.float32(0.125)), fitted.score_map(image), atol=0.02
    )
