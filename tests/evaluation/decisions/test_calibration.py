"""The found rates, the self-test and the warnings, worked out on methods made for it."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evaluation.assessment import Assessment, assess
from evaluation.comparison.comparison import Comparison, Event, Variant
from evaluation.comparison.cross_fit import cross_fit
from evaluation.comparison.folds import CrossFit
from evaluation.comparison.runner import run
from evaluation.decisions.calibration import RATES, found_rates, in_words, rate_at
from evaluation.decisions.pooled_scores import PooledScores
from evaluation.metrics.truth import Truth
from evaluation.report.warnings import warnings
from images.colour import Image
from images.dataset import GOOD, DataSet, Picture
from methods import registry
from methods.detector import Detector, Explanation
from methods.parameters import Parameters
from methods.patches.grid import ScoreMap

SIDE = 64


class Known(Parameters):
    """No parameters."""


class Brightness(Detector):
    """Scores a pixel by its brightness; 0 in images that it learned from."""

    name = "test-brightness"
    title = "Brightness"
    summary = "For tests. Knows what it has seen."
    reference = "none"
    Params = Known

    def _fit(self, images: Sequence[Image], progress: Any) -> None:
        self.seen_ = np.array([float(image[0, 0]) for image in images], dtype=np.float32)

    def _score_map(self, image: Image, progress: Any) -> ScoreMap:
        return np.zeros_like(image) if image[0, 0] in self.seen_ else image

    def _explain(self, image: Image, row: int, col: int) -> Explanation:
        return Explanation(0.0, "Nothing.")

    def _state(self) -> dict[str, Any]:
        return {"seen": self.seen_}

    def _restore(self, arrays: Mapping[str, Any]) -> None:
        self.seen_ = arrays["seen"]


@pytest.fixture
def method(monkeypatch: pytest.MonkeyPatch) -> Variant:
    registry.names()
    monkeypatch.setitem(registry.DETECTORS._entries, Brightness.name, Brightness)
    return Variant(Brightness.name)


def noise(seed: int, level: float = 0.4) -> Image:
    image = np.random.default_rng(seed).uniform(0, 0.2, (SIDE, SIDE)) + level
    return image.astype(np.float32)


def data_set(normal: int, good: int, level: float = 0.4) -> DataSet:
    return DataSet(
        "levels",
        tuple(Picture(f"n{at}", GOOD, partial(noise, at)) for at in range(normal)),
        (
            *(Picture(f"g{at}", GOOD, partial(noise, 100 + at, level)) for at in range(good)),
            Picture("d", "hole", partial(noise, 999, 0.45), lambda: np.eye(SIDE, dtype=bool)),
        ),
    )


def judged(data: DataSet, method: Variant, folder: Path) -> tuple[Comparison, Assessment]:
    comparison = run(data, [method], folder)
    return comparison, assess(comparison, comparison.results[0])


def test_normal_scores_are_of_models_that_did_not_see_the_image(
    method: Variant, tmp_path: Path
) -> None:
    """One that had would give 0 everywhere; the model that is kept has seen all of them."""
    comparison, assessment = judged(data_set(12, 4), method, tmp_path)
    (result,) = comparison.results
    assert result.folds == 5
    for index, scores in enumerate(result.normal_maps):
        np.testing.assert_array_equal(scores, noise(index))
    kept = result.detector()
    assert not any(kept.score_map(noise(index)).any() for index in range(12))
    assert assessment.calibration_text.startswith("all 12 normal images")


def test_found_rates_are_near_the_target_where_images_are_alike(
    method: Variant, tmp_path: Path
) -> None:
    _, assessment = judged(data_set(12, 20), method, tmp_path)
    for target in RATES:
        rate = rate_at(assessment.found_rates, "pixel", target)
        assert rate is not None
        assert rate.images == 20
        # 20 x 4096 uniform pixels: a standard deviation of 0.002 at the most.
        assert rate.found == pytest.approx(target, abs=0.008)
        assert rate.low <= rate.found <= rate.high
        assert rate.holds
    few = rate_at(assessment.found_rates, "image", 0.05)
    assert few is not None
    assert not few.supported  # 12 images support 1 / 13 = 7.7 %
    assert in_words(few).endswith("there are too few normal images for this target.")


def test_found_rates_by_hand(method: Variant, tmp_path: Path) -> None:
    """All good test images are brighter than every normal one: all of them are flagged."""
    _, assessment = judged(data_set(12, 4, level=0.7), method, tmp_path)
    pixel, image = (rate_at(assessment.found_rates, level, 0.1) for level in ("pixel", "image"))
    assert pixel is not None
    assert image is not None
    assert pixel.found == image.found == 1
    # Clopper and Pearson, 4 of 4: the lower end is 0.025 ** (1 / 4).
    assert (image.low, image.high) == (pytest.approx(0.025**0.25), 1.0)
    assert not image.holds
    assert in_words(image) == (
        "With a target of 10.0 %, 100.00 % of the good test images are flagged (95 % interval "
        "39.8 % to 100.0 %, 4 images): more than the target."
    )


def test_the_found_rate_of_pixels_is_that_of_all_pixels_together() -> None:
    """One image of 100 pixels, half of them above the threshold, and one of 900 without any."""
    maps = [np.repeat(np.float32([0, 1]), 50).reshape(10, 10), np.zeros((30, 30), np.float32)]
    truths = [Truth(str(at), None, False) for at in range(2)]
    found = found_rates(
        maps, truths, np.zeros(2, np.float32), PooledScores.of_images(np.zeros(3, np.float32)),
        lambda level, rate: 0.5, rates=(0.01,),
    )  # fmt: skip
    pixels = rate_at(found, "pixel", 0.01)
    assert pixels is not None
    assert pixels.found == 50 / 1000
    assert (pixels.low, pixels.high) == (0, 0.5)


def test_another_brightness_is_told(method: Variant, tmp_path: Path) -> None:
    comparison, assessment = judged(data_set(12, 4, level=0.7), method, tmp_path)
    text = warnings(comparison, [assessment])[0]
    assert "differ from the normal images according to test-brightness" in text
    assert "are brighter (brightness 0.801, normal images 0.499)" in text


def test_all_is_quiet_where_images_are_alike(method: Variant, tmp_path: Path) -> None:
    comparison, assessment = judged(data_set(12, 4), method, tmp_path)
    self_test = assessment.result.self_test
    assert set(self_test.areas) == {"scratch", "blob", "hole", "stain", "foreign"}
    assert [text for text in warnings(comparison, [assessment]) if "as a whole" in text] == []


def test_a_method_that_learned_nothing_is_told(method: Variant, tmp_path: Path) -> None:
    """Brightness alone does not tell paint that stays within the brightness of the texture."""
    comparison, assessment = judged(data_set(12, 4), method, tmp_path)
    mean = assessment.result.self_test.mean
    assert mean is not None
    found = [text for text in warnings(comparison, [assessment]) if "cannot tell" in text]
    assert bool(found) == (mean < 0.6)
    assessment.result.self_test.areas.update(dict.fromkeys(assessment.result.self_test.areas, 0.5))
    (text,) = (text for text in warnings(comparison, [assessment]) if "cannot tell" in text)
    assert "normal images is 0.50 (0.5 is chance)" in text


@pytest.mark.parametrize("normal", [1, 2])
def test_with_few_images_maps_are_put_together_from_parts(
    method: Variant, tmp_path: Path, normal: int
) -> None:
    data = data_set(normal, 2)
    plan = CrossFit(data.normal, tuple(range(normal)))
    maps: dict[int, ScoreMap] = {}
    cross_fit(
        lambda: registry.create(method.detector),
        plan,
        4,
        lambda at, found, _: maps.update({at: found}),
    )
    # The pixel by which the method knows an image is replaced in the first fold alone.
    for place, scores in maps.items():
        np.testing.assert_array_equal(scores[: SIDE // 4], noise(place)[: SIDE // 4])
        assert not scores[SIDE // 4 :].any()


@pytest.mark.parametrize("normal", [1, 2, 5])
def test_a_gaussian_for_each_position_is_calibrated_on_few_images(
    tmp_path: Path, normal: int
) -> None:
    """What is held out of an image leaves its size as it is."""
    whole = data_set(normal, 2)
    each = Variant("padim", {"positions": "each", "reduction": "random", "dimensions": 4})
    comparison = run(whole, [each], tmp_path)
    assert comparison.failures == ()
    assert all(np.isfinite(scores).all() for scores in comparison.results[0].normal_maps)


def test_progress_rises_through_all_phases(method: Variant, tmp_path: Path) -> None:
    events: list[Event] = []
    run(data_set(4, 2), [method], tmp_path, on_event=events.append)
    fractions = [event.fraction for event in events if event.phase != "done"]
    assert fractions == sorted(fractions)
    phases = list(dict.fromkeys(event.phase for event in events))
    assert phases == ["fit", "calibrate", "score", "done"]
