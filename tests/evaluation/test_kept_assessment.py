"""What was computed of a method is found again, and only where it still holds."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evaluation import kept_assessment as module
from evaluation.assessment import Assessment, assess
from evaluation.comparison.comparison import (
    ASSESSMENT_FILE,
    COMPARISON_FILE,
    Comparison,
    Variant,
)
from evaluation.comparison.runner import run
from evaluation.decisions.image_scores import ImageScore
from evaluation.kept_assessment import assess_and_keep, kept_assessment
from evaluation.metrics.metrics import Protocol, measures
from images.dataset import DataSet
from tests.evaluation.synthetic import data_set

BY_HIGHEST = Protocol(ImageScore("max"))
VARIANT = Variant("pca-residual", {"features": "raw patches", "window": 5, "stride": 2})


@pytest.fixture
def comparison(tmp_path: Path) -> Comparison:
    return run(data_set(), [VARIANT], tmp_path / "first")


def reopened(comparison: Comparison) -> Assessment:
    again = Comparison.open(comparison.folder)
    return kept_assessment(again, again.results[0])


def is_kept(assessment: Assessment) -> bool:
    return "metrics" in vars(assessment)


def test_everything_is_found_again_without_the_maps(comparison: Comparison) -> None:
    before = assess_and_keep(comparison, comparison.results[0])
    for name in ("test", "normal"):
        shutil.rmtree(comparison.results[0].folder / name)
    after = reopened(comparison)
    assert after.metrics == before.metrics
    assert after.labels == before.labels
    assert after.found_rates == before.found_rates
    assert (after.usual_score, after.extent) == (before.usual_score, before.extent)
    for name in module.SCORES:
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name))
    for measure in measures(before.protocol):
        assert after.resampled.interval(measure.name) == before.resampled.interval(measure.name)
    assert after.resampled.roc_bands.keys() == before.resampled.roc_bands.keys()
    for level, band in before.resampled.roc_bands.items():
        np.testing.assert_array_equal(after.resampled.roc_bands[level].low, band.low)
    for make in ("roc", "precision_recall"):
        for level in module.LEVELS:
            same, own = getattr(after, make)(level), getattr(before, make)(level)
            for part in ("x", "y", "thresholds"):
                np.testing.assert_array_equal(getattr(same, part), getattr(own, part))
    assert after.pro().area() == before.pro().area()
    assert after.items == before.items
    assert after.regions_found(0.0) == before.regions_found(0.0)
    rule = before.default_rule
    for level in module.LEVELS:
        assert after.threshold(rule, level) == before.threshold(rule, level)


def test_it_equals_what_is_computed_anew(comparison: Comparison) -> None:
    """The file holds no rounded value."""
    assess_and_keep(comparison, comparison.results[0])
    kept, anew = reopened(comparison), assess(comparison, comparison.results[0])
    assert is_kept(kept)
    assert kept.metrics == anew.metrics
    assert kept.resampled.values.keys() == anew.resampled.values.keys()
    for name, values in anew.resampled.values.items():
        np.testing.assert_array_equal(kept.resampled.values[name], values)


@pytest.mark.parametrize(
    "damage",
    ["nothing there", "cut short", "other version", "other modules", "other rule", "fewer images"],
)
def test_a_file_that_does_not_fit_counts_for_nothing(
    comparison: Comparison, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = assess_and_keep(comparison, comparison.results[0])
    path = comparison.results[0].folder / ASSESSMENT_FILE
    if damage == "nothing there":
        path.unlink()
    elif damage == "cut short":
        path.write_bytes(path.read_bytes()[:-100])
    elif damage == "other version":
        monkeypatch.setattr(module, "VERSION", "0.0.0")
    elif damage == "other modules":
        monkeypatch.setattr(module, "digest_of_modules", lambda: "0")
    elif damage == "other rule":
        stored = json.loads((comparison.folder / COMPARISON_FILE).read_bytes())
        stored["protocol"]["image_score"]["kind"] = "max"
        (comparison.folder / COMPARISON_FILE).write_text(json.dumps(stored))
        before = assess(replace(comparison, protocol=BY_HIGHEST), comparison.results[0])
    else:
        fewer = replace(before, truths=before.truths[:-1])
        vars(fewer).update({**vars(before), "truths": before.truths[:-1]})
        vars(fewer)["image_scores"] = before.image_scores[:-1]
        path.write_bytes(module._content(fewer))
    after = reopened(comparison)
    assert not is_kept(after)
    assert after.metrics == before.metrics


def test_a_changed_module_has_another_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every module of metrics and decisions is among those that the digest tells apart."""
    copied = tmp_path / "evaluation"
    shutil.copytree(module.PACKAGES[0], copied)
    monkeypatch.setattr(module, "PACKAGES", (copied, module.PACKAGES[1]))
    digest = module.digest_of_modules.__wrapped__
    before = digest()
    assert before == module.digest_of_modules()
    for name in ("assessment.py", "metrics/curves.py", "decisions/rules/target_rate.py"):
        (copied / name).write_text((copied / name).read_text() + "# changed\n")
        assert digest() != before
        before = digest()
    for pattern in module.COMPUTED_BY:
        assert any(True for package in module.PACKAGES for _ in package.glob(pattern))


def test_a_result_that_is_taken_over_is_judged_by_its_own_masks(
    comparison: Comparison, tmp_path: Path
) -> None:
    assess_and_keep(comparison, comparison.results[0])
    data = data_set()
    without = DataSet(
        data.name, data.normal, tuple(replace(one, read_mask=None) for one in data.test)
    )
    other = run(without, [VARIANT], tmp_path / "second", known=comparison.results)
    assert not is_kept(reopened(other))
    assert reopened(other).metrics.values["pixel_auroc"] is None
