"""A comparison on images of known and unknown classes."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from evaluation.assessment import Assessment, assess
from evaluation.comparison.comparison import Comparison, Variant
from evaluation.comparison.folds import Split
from evaluation.comparison.runner import run
from evaluation.metrics.open_set import confusion
from evaluation.report.class_table import COLUMNS, class_numbers, class_rows
from evaluation.report.html import write_report
from evaluation.report.tables import results_json
from tests.evaluation.classes import COUNT, QUICK, classes_set

RAW = {"features": "raw patches", "window": 5}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("classes")
    variants = [Variant("open-set", QUICK), Variant("pca-residual", RAW)]
    run(classes_set(), variants, place, calibration_seconds=0)
    return place


@pytest.fixture(scope="module")
def comparison(folder: Path) -> Comparison:
    return Comparison.open(folder)


@pytest.fixture(scope="module")
def methods(comparison: Comparison) -> list[Assessment]:
    return [assess(comparison, result) for result in comparison.results]


def test_classes_are_stored(comparison: Comparison) -> None:
    assert comparison.data.known_classes == ("level", "upright")
    stored = [picture.known_class for picture in comparison.data.test]
    assert stored == ["level"] * 6 + ["upright"] * 6 + [None] * 6


def test_the_image_scores_are_the_detectors_own(methods: list[Assessment]) -> None:
    own, other = methods
    assert own.has_own_score
    assert own.image_scores.tolist() == pytest.approx([e.score for e in own.result.judged])
    assert len(own.normal_image_scores) == 2 * COUNT
    detector = own.result.detector()
    images = [picture.read() for picture in classes_set().test]
    judged = [detector.judge(image) for image in images]
    assert own.image_scores.tolist() == pytest.approx([e.score for e in judged if e], rel=1e-4)
    assert not other.has_own_score
    assert other.recognised is None


def test_known_classes_are_recognised(methods: list[Assessment]) -> None:
    recognised = methods[0].recognised
    assert recognised is not None
    assert recognised.classes == ("level", "upright")
    assert confusion(recognised).tolist() == [[6, 0], [0, 6]]
    assert recognised.unknown.tolist() == [False] * 12 + [True] * 6


def test_the_table_of_classes(methods: list[Assessment]) -> None:
    own, other = (class_numbers(method) for method in methods)
    assert set(own) == set(COLUMNS)
    assert own["accuracy"] == own["held_out_accuracy"] == 1
    assert own["accepted_accuracy"] == 1 - (own["known_flagged"] or 0)
    assert own["lost_accuracy"] == pytest.approx(own["known_flagged"])
    # All are recognised, so that the area under the OSCR curve is the AUROC.
    assert own["oscr"] == pytest.approx(own["auroc"])
    assert other["auroc"] is not None
    assert other["oscr"] is None
    assert class_rows(methods)[1]["OSCR"] == "–"


def test_files_and_report_tell_of_classes(
    comparison: Comparison, methods: list[Assessment], tmp_path: Path
) -> None:
    facts = [each["open_set"] for each in json.loads(results_json(comparison, methods))["methods"]]
    assert facts[0]["classes"] == ["level", "upright"]
    assert facts[1] is None
    write_report(comparison, methods, tmp_path / "report.html")
    report = (tmp_path / "report.html").read_text()
    assert "2 known classes of normal images: level, upright." in report
    assert "Logit of upright" in report


def test_without_classes_the_method_says_what_it_needs(tmp_path: Path) -> None:
    data = classes_set()
    data = replace(data, normal=tuple(replace(each, known_class=None) for each in data.normal[:8]))
    (failure,) = run(data, [Variant("open-set", QUICK)], tmp_path).failures
    assert failure.reason == (
        "open-set needs normal images of at least 2 known classes and the class of each; found 0 "
        "classes and 8 images without."
    )


def test_classes_are_spread_over_the_folds() -> None:
    """Five images of each of two classes: each of five folds has one of each."""
    split = Split.draw(range(10), 3, ["a", "b"] * 5)
    five = split.members[5 - 2]
    assert sorted(five[::2]) == sorted(five[1::2]) == list(range(5))
