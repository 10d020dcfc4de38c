"""A comparison with methods that need no normal images, with and without such images."""

import numpy as np
import pytest

from evaluation.assessment import assess
from evaluation.comparison.comparison import Comparison, Variant
from evaluation.comparison.runner import run
from evaluation.metrics.curves import Undefined
from evaluation.report.html import write_report
from evaluation.report.tables import write_results
from images.dataset import Pixels
from methods import registry
from methods.detector import Detector, DetectorError
from methods.parameters import Parameters
from tests.evaluation.synthetic import data_set

PARAMS = {"features": "raw patches", "window": 5, "dimensions": 12, "budget": 500}
MUTUAL = Variant("mutual-scoring", PARAMS)
NEEDY = Variant("pca-residual", {"features": "raw patches", "window": 5})


def test_without_normal_images(tmp_path):
    data = data_set(normal=0, good=4)
    comparison = run(data, [MUTUAL, NEEDY], tmp_path)
    assert [failure.reason for failure in comparison.failures] == [
        "pca-residual needs at least one normal image to train on."
    ]
    opened = Comparison.open(tmp_path)
    assessment = assess(opened, opened.results[0])
    assert assessment.calibration_text == "no normal images, since there are none"
    assert assessment.default_rule == "test-spread"
    with pytest.raises(Undefined, match="no held-out normal pixel"):
        assessment.threshold("normal-quantile", "pixel")
    threshold = assessment.threshold("test-spread", "pixel")
    assert threshold.set_on == "the test images, without their labels"
    scores = np.sort(np.concatenate([each.ravel() for each in assessment.result.maps]))[::-1]
    median, quartile = scores[(len(scores) - 1) // 2], scores[(len(scores) - 1) // 4]
    assert threshold.value == pytest.approx(
        median + 3 * (quartile - median) / 0.6744897501960817, rel=1e-6
    )
    assert assessment.usual_score == median
    assert assessment.found_rates == ()
    write_results(opened, [assessment])
    write_report(opened, [assessment], tmp_path / "report.html")
    report = (tmp_path / "report.html").read_text()
    assert "There are no normal images, on which the working points are set." in report


def test_normal_images_calibrate_what_has_not_learned_from_them(tmp_path):
    data = data_set()
    comparison = run(data, [MUTUAL], tmp_path)
    (result,) = comparison.results
    assert result.folds == 0
    assert assess(comparison, result).calibration_text == (
        "all 3 normal images, scored by a model that was trained on none of them"
    )
    # The same by the detector alone: it learns from the test images.
    alone = registry.create("mutual-scoring", PARAMS).fit(Pixels(data.test))
    for picture, scores in zip(data.normal, result.normal_maps, strict=True):
        np.testing.assert_array_equal(alone.score_map(picture.read()), scores)
    for picture, scores in zip(data.test, result.maps, strict=True):
        np.testing.assert_array_equal(alone.score_map(picture.read()), scores)


def test_methods_that_need_normal_images_say_so_before_anything_runs(tmp_path):
    with pytest.raises(DetectorError, match="squares has no normal images, and pca-residual"):
        run(data_set(normal=0), [NEEDY], tmp_path)


class Brightness(Detector):
    """Scores a pixel by its brightness and learns nothing."""

    name = "brightness-of-a-test"
    title = summary = reference = "Of a test."
    needs = ()
    gives = ("map",)
    Params = Parameters

    def _fit(self, images, progress):
        assert not len(images)

    def _score_map(self, image, progress):
        return image

    def _explain(self, image, row, col):
        raise NotImplementedError

    def _state(self):
        return {}

    def _restore(self, arrays):
        pass


@pytest.mark.parametrize("normal", [0, 3])
def test_a_method_that_needs_no_other_image(normal, tmp_path, monkeypatch):
    monkeypatch.setitem(registry.DETECTORS._entries, Brightness.name, Brightness)
    assert registry.declaration(Brightness.name) == "needs nothing; gives map."
    comparison = run(data_set(normal=normal), [Variant(Brightness.name)], tmp_path)
    assert not comparison.failures
    opened = Comparison.open(tmp_path)
    (result,) = opened.results
    assert len(result.normal_maps) == normal
    assessment = assess(opened, result)
    for rule in ("test-spread", "test-share"):
        assert assessment.threshold(rule, "pixel").set_on == "the test images, without their labels"
    assert assessment.default_rule == ("normal-quantile" if normal else "test-spread")
    write_report(opened, [assessment], tmp_path / "report.html")
