"""Whether thresholds hold: `python -m benchmarks.calibration --data FOLDER... [--methods A,B]`.

Runs every registered method with its defaults on every data set below the folders and on all
samples, and compares target false positive rates with those found on the good test images. The last
line is JSON: ``{"rows": [{"set", "method", "wanted", "found_pixels", "found_images"}],
"worst_ratio": ...}``, rates as shares, the ratio of pixels the farthest from 1.
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.accuracy import data_sets
from evaluation.assessment import assess
from evaluation.comparison.comparison import CALIBRATION_SECONDS, Variant
from evaluation.comparison.runner import run
from evaluation.console import ProgressLine, announce
from evaluation.decisions.calibration import RATES, FoundRate, rate_at
from images.dataset import DataSet
from methods import registry

LEAST_RATE = 1e-4
"""Found rates below are taken for this in a ratio."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.calibration", description=__doc__)
    parser.add_argument("--data", type=Path, nargs="*", default=[], help="folders of data sets")
    parser.add_argument("--methods", default="", help="by name, with commas between (default: all)")
    parser.add_argument("--sets", default="", help="names of sets, with commas (default: all)")
    parser.add_argument("--calibration-seconds", type=float, default=CALIBRATION_SECONDS)
    options = parser.parse_args(arguments)
    methods = [name for name in options.methods.split(",") if name] or [
        name for name in registry.names() if not registry.get(name).needs_classes()
    ]
    chosen = [name for name in options.sets.split(",") if name]
    rows: list[dict[str, Any]] = []
    for data in _sets(options.data):
        if chosen and data.name not in chosen:
            continue
        for method in methods:
            found = rows_of(data, method, options.calibration_seconds)
            rows += found
            for row in found:
                print(*row.values(), flush=True)
    print(json.dumps({"rows": rows, "worst_ratio": worst_ratio(rows)}))


def _sets(folders: Sequence[Path]) -> list[DataSet]:
    samples = list(data_sets(None))
    names = {data.name for data in samples}
    given = [data for folder in folders for data in data_sets(folder) if data.name not in names]
    return [*given, *samples]


def rows_of(data: DataSet, method: str, calibration_seconds: float) -> list[dict[str, Any]]:
    """The rates of one method on one data set; none where it fails or no good image is there."""
    with tempfile.TemporaryDirectory() as folder:
        comparison = run(
            data,
            [Variant(method)],
            Path(folder),
            calibration_seconds=calibration_seconds,
            on_event=ProgressLine(),
            on_result=announce,
        )
        if comparison.failures:
            return []
        rates = assess(comparison, comparison.results[0]).found_rates
    return [
        {
            "set": data.name,
            "method": method,
            "wanted": target,
            "found_pixels": _found(rate_at(rates, "pixel", target)),
            "found_images": _found(rate_at(rates, "image", target)),
        }
        for target in RATES
        if rates
    ]


def worst_ratio(rows: Sequence[dict[str, Any]]) -> float | None:
    """The found rate of pixels over the target that is farthest from 1, whichever way."""
    ratios = [
        max(row["found_pixels"], LEAST_RATE) / row["wanted"]
        for row in rows
        if row["found_pixels"] is not None
    ]
    return max(ratios, key=lambda ratio: max(ratio, 1 / ratio), default=None)


def _found(rate: FoundRate | None) -> float | None:
    return None if rate is None else rate.found


if __name__ == "__main__":
    main()
