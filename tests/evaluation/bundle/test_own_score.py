"""A bundle of a detector that scores images as a whole decides by that score."""

from dataclasses import replace

import pytest

from dashboard.session.applied import Applied
from evaluation.assessment import Assessment, assess
from evaluation.bundle.bundle import Bundle, open_bundle
from evaluation.bundle.export import bundle_of
from evaluation.bundle.judgement import judge
from evaluation.comparison.comparison import Variant
from evaluation.comparison.runner import run
from methods.errors import DetectorError
from tests.dashboard.small import png
from tests.evaluation.bundle.small import bundle
from tests.evaluation.classes import QUICK, classes_set, squares


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Assessment, Bundle]:
    folder = tmp_path_factory.mktemp("comparison")
    comparison = run(classes_set(), [Variant("open-set", QUICK)], folder)
    assessment = assess(comparison, comparison.results[0])
    bundle_of(comparison, assessment).save(folder / "a.safetensors")
    return assessment, open_bundle(folder / "a.safetensors")


def test_it_scores_and_decides_as_the_comparison_did(exported: tuple[Assessment, Bundle]) -> None:
    assessment, opened = exported
    assert assessment.has_own_score
    found = [judge(opened, one.name, one.read()) for one in classes_set().test]
    assert [one.score for one in found] == pytest.approx(assessment.image_scores.tolist(), rel=1e-5)
    threshold = assessment.threshold("normal-quantile", "image").value
    flags = (assessment.image_scores >= threshold).tolist()
    assert [one.defective for one in found] == flags
    assert opened.facts.image_score_text == "the detector's own"


def test_new_images_keep_that_score_when_a_threshold_moves(
    exported: tuple[Assessment, Bundle], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = exported[1]
    applied = Applied(waiting=[("a.png", png(squares(300)))])
    applied.use(opened, "a", lambda done: None)
    applied.take(lambda done: None)
    ((image, numbers),) = applied.judged()
    assert numbers.score == judge(opened, "a.png", image.read()).score
    moved = opened.facts.image_threshold.model_copy(update={"value": numbers.score})
    facts = opened.facts.model_copy(update={"image_threshold": moved})
    monkeypatch.setattr(type(opened.detector), "score_map", None)
    applied.use(replace(opened, facts=facts), "a", lambda done: None)
    ((image, again),) = applied.judged()
    assert (again.score, again.defective) == (numbers.score, True)
    assert applied.found(image).score == numbers.score


def test_a_model_without_such_a_score_is_refused() -> None:
    facts = bundle().facts.model_copy(update={"own_image_score": True})
    with pytest.raises(DetectorError, match="gives no score of the image as a whole"):
        judge(replace(bundle(), facts=facts), "a", squares(1))
