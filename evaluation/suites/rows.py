"""A row of a suite: what one method found on one set with one seed, in a file of its own.

A file is there whole or not at all, so a suite that was stopped at any moment goes on from them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from evaluation.assessment import Assessment
from evaluation.comparison.comparison import Variant
from evaluation.comparison.storage import ComparisonError, folder_name, read_json, write_json
from evaluation.decisions.calibration import IMAGE_RATE, rate_at
from evaluation.decisions.thresholds import DEFAULT_RATE, Level
from evaluation.metrics.metrics import Protocol, measures
from images.version import VERSION
from images.words import percent

FOUND: Mapping[str, tuple[Level, float, str]] = {
    "found_pixels": ("pixel", DEFAULT_RATE, f"Pixels found at {percent(DEFAULT_RATE)}"),
    "found_images": ("image", IMAGE_RATE, f"Images found at {percent(IMAGE_RATE)}"),
}
"""Share of the good test items that is flagged at a target false positive rate."""
MEASURES = {measure.name: measure.title for measure in measures(Protocol())}
"""The titles of the metrics, of which the higher is better."""
COSTS = {
    "fit_seconds": "Training, s",
    "score_seconds_per_image": "Inference, s an image",
    "peak_memory_mb": "Peak memory, MB",
    "model_mb": "Model, MB",
}


@dataclass(frozen=True)
class Row:
    """What one method found on one data set with one seed, or why it found nothing."""

    set: str
    method: str
    """The label of the variant."""
    seed: int
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    costs: Mapping[str, float] = field(default_factory=dict)
    failure: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Detector, all parameters and time for calibration; empty in rows of earlier versions."""
    version: str = ""
    """Of Anomaly Compare."""


def settings_of(variant: Variant, calibration_seconds: float | None) -> dict[str, Any]:
    """What the scores of a variant depend on beside images and seed, as JSON holds it."""
    return {
        "detector": variant.detector,
        "params": json.loads(variant.checked().model_dump_json()),
        "calibration_seconds": calibration_seconds,
    }


def row_of(set_name: str, assessment: Assessment, settings: Mapping[str, Any]) -> Row:
    """The row of a method that finished; computes its metrics."""
    result = assessment.result
    values = dict(assessment.metrics.values)
    for name, (level, target, _) in FOUND.items():
        rate = rate_at(assessment.found_rates, level, target)
        values[name] = None if rate is None else rate.found
    costs = {name: float(getattr(result, name)) for name in COSTS}
    variant = result.variant
    return Row(set_name, variant.label, variant.seed, values, costs, "", settings, VERSION)


def row_path(folder: Path, set_name: str, method: str, seed: int) -> Path:
    """The file of a row; equal only for equal names."""
    return folder / f"{_safe(set_name)} {_safe(method)} {seed}.json"


def _safe(name: str) -> str:
    safe = folder_name(name)
    if safe == name and len(name) <= 80:
        return name
    return f"{safe[:80]}-{blake2b(name.encode(), digest_size=4).hexdigest()}"


def write_row(folder: Path, row: Row) -> None:
    """Write a row into its file. Raises `WriteError`."""
    write_json(row_path(folder, row.set, row.method, row.seed), row)


def read_row(folder: Path, set_name: str, method: str, seed: int) -> Row | None:
    """The row of that name, or None where there is none.

    Rows that earlier versions wrote hold texts: ``"0.9974"``, ``"1.20%"`` and ``"-"``. Raises
    `ComparisonError` for a file that is something else.
    """
    path = row_path(folder, set_name, method, seed)
    if not path.is_file():
        return None
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(facts["costs"], list):
            return _row_of_texts(facts, set_name, seed)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ComparisonError(f"{path} is not a row of a suite; delete it.") from error
    return read_json(path, Row)


def read_rows(folder: Path) -> list[Row]:
    """All rows in a folder that name their set, in the order of their files' names."""
    rows = [read_json(path, Row) for path in sorted(folder.glob("*.json"))]
    return sorted(rows, key=lambda row: (row.set, row.method, row.seed))


def _row_of_texts(facts: Mapping[str, Any], set_name: str, seed: int) -> Row:
    values = {name: _number(text) for name, text in facts["metrics"].items()}
    found = zip(COSTS, map(_number, facts["costs"]), strict=True)
    costs = {name: value for name, value in found if value is not None}
    return Row(set_name, facts["method"], seed, values, costs, facts["failure"])


def _number(text: str) -> float | None:
    if text == "-":
        return None
    return float(text[:-1]) / 100 if text.endswith("%") else float(text)
