"""The figures of a comparison as files and text: `results.json`, `scores.csv`, a printed table."""

import csv
import json
from collections.abc import Sequence
from io import StringIO
from typing import Any

from evaluation.assessment import Assessment
from evaluation.comparison import Comparison
from evaluation.metrics import Protocol, measures

RESULTS_FILE = "results.json"
SCORES_FILE = "scores.csv"


def write_results(comparison: Comparison, assessments: Sequence[Assessment]) -> None:
    """Write `results.json` and `scores.csv` into the folder of the comparison."""
    facts = {
        "data": comparison.data.name,
        "held_out": comparison.split.text,
        "methods": [method_facts(assessment) for assessment in assessments],
        "failures": {failure.variant.label: failure.reason for failure in comparison.failures},
    }
    text = json.dumps(facts, indent=2, allow_nan=False)
    (comparison.folder / RESULTS_FILE).write_text(text, encoding="utf-8")
    (comparison.folder / SCORES_FILE).write_text(
        scores_csv(comparison, assessments), encoding="utf-8"
    )


def method_facts(assessment: Assessment) -> dict[str, Any]:
    """Everything about one method that `results.json` holds."""
    result = assessment.result
    return {
        "name": result.variant.label,
        "detector": result.variant.detector,
        "params": result.params,
        "seed": result.variant.seed,
        "fit_seconds": result.fit_seconds,
        "score_seconds_per_image": result.score_seconds_per_image,
        "peak_memory_mb": result.peak_memory_mb,
        "model_mb": result.model_mb,
        "image_score": assessment.protocol.image_score.text(),
        "metrics": assessment.figures.values,
        "undefined": assessment.figures.undefined,
    }


def scores_csv(comparison: Comparison, assessments: Sequence[Assessment]) -> str:
    """A row for every method and test image."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(["method", "image", "kind", "score"])
    for assessment in assessments:
        for picture, score in zip(comparison.data.test, assessment.image_scores, strict=True):
            writer.writerow(
                [
                    assessment.result.variant.label,
                    inert(picture.name),
                    inert(picture.kind or ""),
                    f"{score:.9g}",
                ]
            )
    return text.getvalue()


def inert(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def text_table(assessments: Sequence[Assessment]) -> str:
    """The table that the command line prints; a dash where a figure has no value."""
    shown = measures(assessments[0].protocol) if assessments else measures(Protocol())
    header = ["method", *(measure.name for measure in shown)]
    header += ["fit_s", "s_per_image", "peak_mb", "model_mb"]
    rows = [header]
    for assessment in assessments:
        result, values = assessment.result, assessment.figures.values
        rows.append(
            [
                result.variant.label,
                *(_number(values[measure.name]) for measure in shown),
                f"{result.fit_seconds:.2f}",
                f"{result.score_seconds_per_image:.3f}",
                f"{result.peak_memory_mb:.0f}",
                f"{result.model_mb:.1f}",
            ]
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if at == 0 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
