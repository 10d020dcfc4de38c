"""Methods fitted on draws of the normal images."""

from dataclasses import replace

import numpy as np
import pytest

from evaluation.assessment import assess
from evaluation.comparison.comparison import Comparison, Variant
from evaluation.comparison.learning_curve import LearningCurve, learning_curve, stored_curve
from evaluation.comparison.runner import run
from evaluation.comparison.shots import shots_of
from evaluation.decisions.image_scores import ImageScore
from evaluation.metrics.curves import auroc, rank
from evaluation.metrics.metrics import Protocol
from evaluation.metrics.truth import Truths
from images.dataset import Pixels
from methods import registry
from methods.detector import Detector, ImageJudgement
from methods.parameters import Parameters
from methods.progress import Cancelled
from tests.evaluation.synthetic import data_set
from tests.progress import Heard

PARAMS = {"features": "raw patches", "window": 5}
PCA = Variant("pca-residual", PARAMS, label="PCA")
MUTUAL = Variant("mutual-scoring", {**PARAMS, "dimensions": 12, "budget": 500})


@pytest.fixture
def comparison(tmp_path) -> Comparison:
    return run(data_set(normal=4, good=3), [PCA, MUTUAL], tmp_path)


def test_each_number_of_images_and_the_comparison_itself(comparison: Comparison) -> None:
    heard = Heard()
    curve = learning_curve(comparison, ["PCA", MUTUAL.label], [1, 2, 4, 9], 2, progress=heard)
    assert [(each.images, each.draw) for each in curve.measured] == [
        (1, 0), (1, 1), (2, 0), (2, 1), (4, 0),
    ]  # fmt: skip
    assert {each.label for each in curve.measured} == {"PCA"}
    assert stored_curve(comparison.folder) == curve
    assert heard.fractions[-1] == 1.0
    assert heard.fractions == sorted(heard.fractions)
    # All images: what the comparison itself found.
    metrics = assess(comparison, comparison.results[0]).metrics.values
    assert curve.measured[-1].pixel_auroc == metrics["pixel_auroc"]
    assert curve.measured[-1].image_auroc == metrics["image_auroc"]
    # Two images: what the detector alone finds with these two.
    shots = shots_of(comparison)
    alone = registry.create("pca-residual", PARAMS)
    alone.fit(Pixels(shots.drawn(2, 1, comparison.seed)))
    maps = [alone.score_map(picture.read()) for picture in comparison.data.test]
    masks = [picture.mask() for picture in comparison.data.test]
    pixels = rank(np.concatenate(maps, axis=None), np.concatenate(masks, axis=None))
    assert curve.measured[3].pixel_auroc == pytest.approx(auroc(pixels))


def test_another_comparison_in_the_folder_begins_without_the_curve(comparison: Comparison) -> None:
    learning_curve(comparison, ["PCA"], [1], 1)
    run(data_set(normal=4, good=3), [PCA], comparison.folder)
    assert stored_curve(comparison.folder) is None


def test_what_was_measured_is_not_measured_again(comparison: Comparison) -> None:
    first = learning_curve(comparison, ["PCA"], [1], 1)

    def stop(fraction: float, note: str = "") -> None:
        if "2 of 4 images, draw 2" in note:
            raise Cancelled

    with pytest.raises(Cancelled):
        learning_curve(comparison, ["PCA"], [1, 2], 2, progress=stop)
    kept = stored_curve(comparison.folder)
    assert kept is not None
    assert [(each.images, each.draw) for each in kept.measured] == [(1, 0), (1, 1), (2, 0)]
    assert kept.measured[0] == first.measured[0]
    assert not list(comparison.folder.glob("curve-*"))


def test_a_method_that_cannot_do_with_so_few_says_why(comparison: Comparison, monkeypatch) -> None:
    def refuse(*_):
        raise registry.DetectorError("Two images are needed.")

    with monkeypatch.context() as patch:
        patch.setattr(registry.get("pca-residual"), "_fit", refuse)
        curve = learning_curve(comparison, ["PCA"], [1], 1)
    assert curve == LearningCurve(4, "the same 6 labelled test images", curve.measured)
    assert curve.measured[0].reason == "Two images are needed."
    assert curve.measured[0].image_auroc is None
    (again,) = learning_curve(comparison, ["PCA"], [1], 1).measured
    assert again.reason == ""
    assert again.pixel_auroc is not None


def test_another_image_score(comparison: Comparison) -> None:
    by_mean = replace(comparison, protocol=Protocol(ImageScore("mean")))
    mean = learning_curve(by_mean, ["PCA"], [4])
    scores = [scores.mean() for scores in comparison.results[0].maps]
    defective = [picture.kind != "good" for picture in comparison.data.test]
    expected = auroc(rank(np.array(scores), np.array(defective)))
    assert mean.measured[0].image_auroc == pytest.approx(expected)


class Brightest(Detector):
    """Scores a pixel by its brightness, and an image by minus the highest brightness."""

    name = "brightest-of-a-test"
    title = summary = reference = "Of a test."
    gives = ("map", "image score")
    Params = Parameters

    def _fit(self, images, progress):
        pass

    def _score_map(self, image, progress):
        return image

    def _judge_image(self, image):
        return ImageJudgement(-float(image.max()))

    def _explain(self, image, row, col):
        raise NotImplementedError

    def _state(self):
        return {}

    def _restore(self, arrays):
        pass


def test_a_detector_with_an_image_score_of_its_own_is_judged_by_it(tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(registry.DETECTORS._entries, Brightest.name, Brightest)
    data = data_set(normal=4, good=3)
    comparison = run(data, [Variant(Brightest.name)], tmp_path)
    curve = learning_curve(comparison, [Brightest.name], [2, 4], 1)
    defective = np.array([picture.kind != "good" for picture in data.test])
    of_maps = ImageScore().of_all(comparison.results[0].maps, Truths(data.test))
    assert auroc(rank(of_maps, defective)) == 1.0
    assert [each.image_auroc for each in curve.measured] == [0.0, 0.0]
