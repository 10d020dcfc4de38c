"""The detector: what it refuses, what its parameters change, and how it explains."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from images.colour import Image
from methods import registry
from methods.detector import Detector, DetectorError
from methods.detectors.distillation import triplet_teacher
from methods.detectors.distillation.cells import CELL, MARGIN
from methods.detectors.distillation.networks.regression import unpack
from methods.detectors.distillation.student_teacher import StudentTeacher
from methods.features.backbones import registry as backbones
from methods.progress import no_progress
from tests.methods.detectors.distillation.contract import PARAMS
from tests.methods.test_contract import texture, with_defect

QUICK = PARAMS["student-teacher"] | {"steps": 5}
SIZE = 80
NORMAL = [texture(seed, SIZE, SIZE) for seed in range(3)]
TEST = texture(10, SIZE, SIZE)
MIDDLE = SIZE // 2


@cache
def learned(**params: object) -> Detector:
    return registry.create("student-teacher", QUICK | params).fit(NORMAL)


def crop_features(detector: StudentTeacher) -> tuple[np.ndarray, np.ndarray]:
    """The features in the crops that a detector draws to learn from, and in those held out."""
    shares = detector._shares([image.shape for image in NORMAL])
    crops = detector._draw_crops(NORMAL, shares, np.random.default_rng(0), no_progress)
    return tuple(
        unpack(torch.from_numpy(each), detector.channels_)[1].numpy()
        for each in (crops.training, crops.held_out)
    )


def test_features_are_standardised_by_those_learned_from() -> None:
    detector = learned()
    assert isinstance(detector, StudentTeacher)
    training, held_out = crop_features(detector)
    np.testing.assert_allclose(training.mean(axis=(0, 2, 3)), 0, atol=1e-3)
    np.testing.assert_allclose(training.std(axis=(0, 2, 3)), 1, atol=1e-3)
    assert training.shape[1] == held_out.shape[1] == 24 + 40 + 80 + 112
    assert 0.3 < held_out.std() < 3


def test_a_single_student_scores_its_error_alone() -> None:
    detector = learned(students=1, smoothing=0)
    explanation = detector.explain(with_defect(TEST), MIDDLE, MIDDLE)
    assert explanation.quantities is not None
    assert "Uncertainty" not in explanation.quantities
    assert explanation.score == pytest.approx(explanation.quantities["Error"])
    assert explanation.cloud is None


@pytest.mark.parametrize("adds", [False, True])
def test_an_explanation_tells_error_and_uncertainty_apart(adds: bool) -> None:
    detector = learned(students=2, smoothing=0, uncertainty=adds)
    image = with_defect(TEST)
    scores = detector.score_map(image)
    explanation = detector.explain(image, MIDDLE, MIDDLE)
    assert explanation.quantities is not None
    error, uncertainty = explanation.quantities["Error"], explanation.quantities["Uncertainty"]
    assert explanation.score == pytest.approx(error + adds * uncertainty, rel=1e-5)
    assert abs(uncertainty) > 0.01
    assert explanation.cloud is not None
    assert explanation.cloud.here == (pytest.approx(error), pytest.approx(uncertainty))
    np.testing.assert_allclose(explanation.cloud.normal.mean(axis=0), 0, atol=0.5)
    # The map interpolates between the cells; near the middle of one it has the cell's score.
    near = scores[MIDDLE - 2 : MIDDLE + 3, MIDDLE - 2 : MIDDLE + 3]
    assert near.min() * 0.8 - 1 < explanation.score < near.max() * 1.2 + 1


def test_the_same_seed_gives_the_same_students_and_another_seed_others() -> None:
    first, again, other = (
        registry.create("student-teacher", QUICK, seed=seed).fit(NORMAL)._state()
        for seed in (1, 1, 2)
    )
    for key, value in first.items():
        np.testing.assert_array_equal(value, again[key], err_msg=key)
    key = "student.0.first.0.0.weight"
    assert not np.array_equal(first[key], other[key])
    assert not np.array_equal(first[key], first[key.replace("0", "1", 1)])


def test_a_self_supervised_teacher_needs_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str, stages: tuple[int, ...]) -> None:
        raise DetectorError("There is no network here.")

    monkeypatch.setattr(backbones, "network", refuse)
    monkeypatch.setattr(triplet_teacher, "STEPS", 100)
    params = QUICK | StudentTeacher.presets["self-supervised"] | {"steps": 40}
    detector = registry.create("student-teacher", params)
    detector.fit([texture(seed) for seed in range(4)])
    scores = detector.score_map(with_defect(texture(10)))
    assert scores[40:56, 40:56].mean() > np.quantile(scores[16:-16, 16:-16], 0.9)


def test_stages_with_large_cells_are_refused_with_a_sentence() -> None:
    with pytest.raises(DetectorError, match=r"stages is 5,6, with cells of 16 pixels; expected"):
        learned(stages=(5, 6))


def test_a_single_small_image_is_refused_with_its_size() -> None:
    detector = registry.create("student-teacher", QUICK | {"short_side": 40})
    with pytest.raises(DetectorError, match=r"The image is 40 x 40 pixels; it has 5 x 5 cells"):
        detector.fit([texture(0, 40, 40)])


def test_unseen_normal_images_score_about_zero() -> None:
    """In deviations from the mean of cells that no student learned from."""
    images: list[Image] = [texture(seed, SIZE, SIZE) for seed in range(20, 24)]
    scores = np.stack([learned().score_map(image) for image in images])
    assert abs(scores.mean()) < 1.5


def test_several_fields_are_averaged_and_told_apart() -> None:
    found = learned(receptive_fields=(17, 33, 65)).explain(TEST, 20, 30)
    assert found.quantities is not None
    for name in ("Error", "Uncertainty"):
        each = [found.quantities[f"{name}, {field} pixels"] for field in (17, 33, 65)]
        assert found.quantities[name] == pytest.approx(np.mean(each), rel=1e-5)


@pytest.mark.parametrize("params", [{"teacher": "self-supervised"}, {"error": "whitened"}])
def test_other_forms_survive_saving_and_loading(
    params: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(triplet_teacher, "STEPS", 5)
    detector = learned(**params)
    detector.save(tmp_path / "model.safetensors")
    loaded = registry.load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(loaded.score_map(TEST), detector.score_map(TEST))


def test_what_a_student_sees_is_centred_on_what_the_teacher_sees() -> None:
    """A cell's square starts where the teacher looks, less half of a cell, to half a pixel."""
    detector = registry.create("student-teacher", QUICK | {"steps": 1}).fit(NORMAL)
    assert isinstance(detector, StudentTeacher)
    ramp = np.tile(np.linspace(0, 1, 160, dtype=np.float32), (160, 1))
    detector.sight_.match_lighting, detector.sight_.lighting_ = False, None
    detector.sight_.scale_ = 1.0
    seen = detector._seen(ramp)[0, MARGIN + 5, MARGIN:-MARGIN]
    pixel = (seen * 128 + 127) / 255 * 159
    looks = CELL * np.arange(20) + detector.sight_.stages[0].centre
    middles = pixel.reshape(-1, CELL)[:-1].mean(axis=1)
    assert np.abs(middles - looks[:-1]).max() <= 0.5
