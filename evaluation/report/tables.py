"""The metrics of a comparison as files and text: `results.json`, `scores.csv`, a printed table."""

import csv
import json
import platform
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from io import StringIO
from typing import Any

from evaluation.assessment import Assessment
from evaluation.comparison.comparison import Comparison
from evaluation.comparison.learning_curve import stored_curve
from evaluation.comparison.storage import writing
from evaluation.decisions.calibration import IMAGE_RATE, in_words, rate_at
from evaluation.decisions.rules.working_points import WorkingPoint
from evaluation.decisions.thresholds import DEFAULT_RATE, LEVELS, RULES, Level
from evaluation.metrics.curves import Undefined
from evaluation.report.class_table import class_facts
from evaluation.report.learning_curve import curve_facts
from evaluation.report.spreadsheets import inert
from evaluation.report.warnings import warnings
from images.version import VERSION
from methods.training.curve import TrainingCurve

RESULTS_FILE = "results.json"
SCORES_FILE = "scores.csv"
PACKAGES = ("numpy", "scipy", "scikit-learn", "scikit-image", "numba", "torch", "onnxruntime")


def write_results(comparison: Comparison, assessments: Sequence[Assessment]) -> None:
    """Write `results.json` and `scores.csv` into the folder of the comparison."""
    for name, text in (
        (RESULTS_FILE, results_json(comparison, assessments)),
        (SCORES_FILE, scores_csv(comparison, assessments)),
    ):
        with writing(comparison.folder / name):
            (comparison.folder / name).write_text(text, encoding="utf-8")


def results_json(comparison: Comparison, assessments: Sequence[Assessment]) -> str:
    """All metrics of all methods; a metric without a value is null and its reason is given."""
    facts = {
        "data": comparison.data.name,
        "seed": comparison.seed,
        "warnings": warnings(comparison, assessments),
        "versions": versions(),
        "methods": [method_facts(assessment) for assessment in assessments],
        "learning_curve": curve_facts(stored_curve(comparison.folder)),
        "failures": {failure.variant.label: failure.reason for failure in comparison.failures},
    }
    return json.dumps(facts, indent=2, allow_nan=False)


def versions() -> dict[str, str]:
    """The versions of Anomaly Compare, of Python and of the packages that scores depend on."""
    found = {"anomaly-compare": VERSION, "python": platform.python_version()}
    for package in PACKAGES:
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


def method_facts(assessment: Assessment) -> dict[str, Any]:
    """Everything about one method that `results.json` holds."""
    result = assessment.result
    return {
        "name": result.variant.label,
        "detector": result.variant.detector,
        "params": result.params,
        "stages": result.variant.stages,
        "tuned": None if result.variant.tuned is None else asdict(result.variant.tuned),
        "training": [_training_facts(curve) for curve in result.training if curve.fold is None],
        "seed": result.variant.seed,
        "fit_seconds": result.fit_seconds,
        "calibration": assessment.calibration_text,
        "calibration_seconds": result.calibration_seconds,
        "calibration_folds": result.folds,
        "self_test": result.self_test.areas,
        "score_seconds_per_image": result.score_seconds_per_image,
        "peak_memory_mb": result.peak_memory_mb,
        "disturbed": result.disturbed,
        "model_mb": result.model_mb,
        "image_score": assessment.image_score_text,
        "metrics": assessment.metrics.values,
        "undefined": assessment.metrics.undefined,
        "thresholds": {
            level: {name: _threshold_facts(assessment, name, level) for name in RULES.names()}
            for level in LEVELS
        },
        "open_set": class_facts(assessment),
        "found_rates": [asdict(rate) for rate in assessment.found_rates],
        "working_points": {
            point.name: _point_facts(point)
            for point in (assessment.working_points if assessment.has_normal else ())
        },
    }


def _training_facts(curve: TrainingCurve) -> dict[str, Any]:
    """How long a network was trained, and which of its weights are kept."""
    step, loss = curve.best or (None, None)
    return {
        "network": curve.network,
        "steps": curve.step,
        "steps_at_most": curve.steps,
        "continued_at": curve.continued_at,
        "kept_step": step,
        "held_out_loss": loss,
    }


def _threshold_facts(assessment: Assessment, name: str, level: Level) -> dict[str, Any] | None:
    """What a rule sets for a false positive rate of 1 %; None where it sets nothing."""
    try:
        threshold = assessment.threshold(name, level)
    except Undefined:
        return None
    return {
        "threshold": threshold.value,
        "set_on": threshold.set_on,
        "tuned_on_test_images": threshold.rule.uses_labels,
        "set_without_labels": threshold.rule.unlabelled,
    }


def _point_facts(point: WorkingPoint) -> dict[str, Any]:
    return {
        "formula": point.formula,
        "threshold": point.threshold,
        "true_positive_rate": point.decision.true_positive_rate,
        "false_positive_rate": point.decision.false_positive_rate,
        "auc": point.decision.area,
    }


def scores_csv(comparison: Comparison, assessments: Sequence[Assessment]) -> str:
    """A row for every method and test image."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(["method", "image", "kind", "score", "p_value"])
    for assessment in assessments:
        for picture, score, p_value in zip(
            comparison.data.test, assessment.image_scores, assessment.p_values, strict=True
        ):
            writer.writerow(
                [
                    inert(assessment.result.variant.label),
                    inert(picture.name),
                    inert(picture.kind or ""),
                    f"{score:.9g}",
                    f"{p_value:.6g}" if assessment.has_normal else "",
                ]
            )
    return text.getvalue()


COLUMNS = ("pixel_auroc", "aupro", "pixel_average_precision", "image_auroc")
"""The metrics that fit a line; `results.json` has them all."""


def text_table(assessments: Sequence[Assessment]) -> str:
    """The table that the command line prints; a dash where a metric has no value."""
    rows = [["method", *COLUMNS, "fit_s", "s_per_image", "peak_mb"]]
    for assessment in assessments:
        result, values = assessment.result, assessment.metrics.values
        rows.append(
            [
                result.variant.label,
                *(_number(values[name]) for name in COLUMNS),
                f"{result.fit_seconds:.2f}",
                f"{result.score_seconds_per_image:.3f}",
                f"{result.peak_memory_mb:.0f}",
            ]
        )
    reasons = {
        f"{name} is undefined: {reason}."
        for assessment in assessments
        for name, reason in assessment.metrics.undefined.items()
        if name in COLUMNS
    }
    return "\n".join([_aligned(rows), *sorted(reasons)])


def calibration_text(assessment: Assessment) -> str:
    """Where the thresholds of a method come from and whether they hold, for the command line."""
    lines = [f"{assessment.result.variant.label}: scores of {assessment.calibration_text}."]
    checked: tuple[tuple[Level, float], ...] = (("pixel", DEFAULT_RATE), ("image", IMAGE_RATE))
    rates = (rate_at(assessment.found_rates, level, target) for level, target in checked)
    return "\n".join([*lines, *(f"  {in_words(rate)}" for rate in rates if rate is not None)])


def working_points_table(assessment: Assessment) -> str:
    """The six working points of one method, on the test images."""
    rows = [["threshold", "value", "TPR", "FPR", "AUC"]]
    for point in assessment.working_points:
        decision = point.decision
        rows.append(
            [
                f"{point.name} = {point.formula}",
                f"{point.threshold:.6g}",
                _number(decision.true_positive_rate),
                _number(decision.false_positive_rate),
                _number(decision.area),
            ]
        )
    where = assessment.calibration_text
    title = f"{assessment.result.variant.label}: working points, set on {where}"
    return f"{title}\n{_aligned(rows)}"


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if at else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
