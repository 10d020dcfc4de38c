"""Accuracy of all methods: `python -m benchmarks.accuracy --data FOLDER --write`.

Runs every registered method with its defaults on every data set below a folder and on all sample
sets, and prints the metrics; `--write` also writes them to `benchmarks/RESULTS.md`. With `--rows`
what was measured is kept in a folder and not measured again: a run can be stopped or divided.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from evaluation.assessment import Assessment, assess
from evaluation.comparison.comparison import Failure, Variant
from evaluation.comparison.costs import peak_memory, stopwatch
from evaluation.comparison.runner import run
from evaluation.console import ProgressLine, announce
from evaluation.decisions.calibration import rate_at
from evaluation.decisions.image_scores import ImageScore
from evaluation.decisions.thresholds import Level
from evaluation.metrics.curves import rank
from evaluation.metrics.metrics import Protocol, Rankings, metrics_of
from evaluation.metrics.regions import rank_pixels
from evaluation.metrics.truth import Truths, known_labels
from evaluation.report.tables import versions
from images.dataset import DataSet, Pixels
from images.open import open_path
from images.roles.understanding import problem
from images.samples.catalogue import load_sample, samples
from methods import registry
from methods.errors import DetectorError

RESULTS = Path(__file__).with_name("RESULTS.md")
METRICS = {"image_auroc": "image AUROC", "pixel_auroc": "pixel AUROC", "aupro": "AUPRO to 0.3"}
FOUND: Mapping[str, tuple[Level, float, str]] = {
    "found_pixels": ("pixel", 0.01, "pixels found at 1 %"),
    "found_images": ("image", 0.05, "images found at 5 %"),
}
"""Share of the good test items that is flagged at a target false positive rate."""


@dataclass(frozen=True)
class Row:
    """One method on one data set, as the table shows it."""

    method: str
    metrics: dict[str, str]
    costs: tuple[str, ...]
    """Training time and inference time an image, s, peak memory and size of the model, MB."""
    failure: str = ""
    """Why there are none."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with data sets in it")
    parser.add_argument("--methods", default="", help="by name, with commas between (default: all)")
    parser.add_argument("--sets", default="", help="names of sets, with commas (default: all)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rows", type=Path, help="folder for what was measured, used again")
    parser.add_argument(
        "--uncalibrated",
        default="",
        help="methods, with commas, that are not cross-fitted: long trainings are done once "
        "instead of three times, and the rates found on good test images are left out",
    )
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    options = parser.parse_args(arguments)
    methods = [name for name in options.methods.split(",") if name] or [
        name for name in registry.names() if not registry.get(name).needs_classes()
    ]
    uncalibrated = options.uncalibrated.split(",")
    judged: dict[str, list[Row]] = {}
    sections = []
    chosen = [name for name in options.sets.split(",") if name]
    for data in data_sets(options.data):
        if chosen and data.name not in chosen:
            continue
        print(f"== {data.name}", file=sys.stderr)
        rows = [
            kept_row(
                options.rows, data, method, options.seed, calibrated=method not in uncalibrated
            )
            for method in methods
        ]
        judged[data.name] = rows
        sections.append(_section(data, rows))
        print(sections[-1] + "\n")
    if options.write:
        whole = [_heading(options.seed), _overview(judged), *sections]
        RESULTS.write_text("\n\n".join(whole) + "\n", encoding="utf-8")


def data_sets(folder: Path | None) -> Iterator[DataSet]:
    """The data sets below a folder on which a comparison can be run, and the samples."""
    for path in sorted(folder.iterdir()) if folder else []:
        if path.is_dir() or path.suffix.lower() == ".zip":
            data = open_path(path)
            if reason := problem(data):
                print(reason, file=sys.stderr)
            else:
                yield data
    for name in samples():
        yield load_sample(name)


def kept_row(
    folder: Path | None, data: DataSet, method: str, seed: int, *, calibrated: bool = True
) -> Row:
    """A row from the folder, or measured now and kept there."""
    measure = judge if calibrated else judge_uncalibrated
    if folder is None:
        return measure(data, method, seed)
    path = folder / f"{data.name} {method} {seed}.json"
    if path.is_file():
        kept = json.loads(path.read_text(encoding="utf-8"))
        return Row(**{**kept, "costs": tuple(kept["costs"])})
    row = measure(data, method, seed)
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(row)), encoding="utf-8")
    return row


def judge(data: DataSet, method: str, seed: int) -> Row:
    """One method with its defaults on one data set."""
    variant = Variant(method, seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        comparison = run(
            data,
            [variant],
            Path(folder),
            seed=seed,
            on_event=ProgressLine(),
            on_result=announce,
        )
        if comparison.failures:
            return _failed(comparison.failures[0])
        return _row(assess(comparison, comparison.results[0]))


def judge_uncalibrated(data: DataSet, method: str, seed: int) -> Row:
    """One method with its defaults on one data set, fitted once and without thresholds."""
    variant = Variant(method, seed=seed)
    detector, truths, protocol = variant.new_detector(), Truths(data.test), Protocol()
    print(f"{variant.label}, not calibrated", file=sys.stderr)
    try:
        detector.warm_up()
        with peak_memory() as memory, stopwatch() as fitting:
            detector.fit(Pixels(data.normal if detector.needs_normal() else data.test))
        with stopwatch() as scoring:
            maps = [detector.score_map(image) for image in Pixels(data.test)]
        with tempfile.TemporaryDirectory() as folder:
            detector.save(path := Path(folder) / "model")
            size = path.stat().st_size / 2**20
    except DetectorError as error:
        return _failed(Failure(variant, str(error)))
    known, defective = known_labels([truth.defective for truth in truths])
    images = rank(protocol.image_score.of_all(maps, truths)[known], defective[known])
    values = metrics_of(Rankings(rank_pixels(maps, truths), images), protocol).values
    return Row(
        variant.label,
        _shown(values) | dict.fromkeys(FOUND, "-"),
        _costs(fitting.seconds, scoring.seconds / len(maps), memory.rise_mb, size),
    )


def _shown(values: Mapping[str, float | None]) -> dict[str, str]:
    return {name: "-" if (value := values[name]) is None else f"{value:.4f}" for name in METRICS}


def _costs(fit: float, score: float, memory: float, model: float) -> tuple[str, ...]:
    return (f"{fit:.1f}", f"{score:.3f}", f"{memory:.0f}", f"{model:.1f}")


def _row(assessment: Assessment) -> Row:
    result = assessment.result
    shown = _shown(assessment.metrics.values)
    for name, (level, target, _) in FOUND.items():
        rate = rate_at(assessment.found_rates, level, target)
        shown[name] = "-" if rate is None else f"{rate.found:.2%}"
    return Row(
        result.variant.label,
        shown,
        _costs(
            result.fit_seconds,
            result.score_seconds_per_image,
            result.peak_memory_mb,
            result.model_mb,
        ),
    )


def _failed(failure: Failure) -> Row:
    missing = dict.fromkeys([*METRICS, *FOUND], "-")
    return Row(failure.variant.label, missing, ("-",) * 4, failure.reason)


def _heading(seed: int) -> str:
    found = ", ".join(f"{name} {number}" for name, number in versions().items())
    return (
        "# Accuracy of all methods\n\n"
        "Written by `python -m benchmarks.accuracy --data FOLDER --write`. Every method ran with "
        "its defaults, the same on all sets. Pixel metrics pool all test pixels, the image "
        f"score is the {ImageScore().text()}, a dash is a metric that has no value there, and "
        'times are of one run. "Found" is the share of the good test images, or of their '
        "pixels, that is flagged at the threshold for a target rate.\n\n"
        f"- date: {date.today().isoformat()}\n"
        f"- machine: {_processor()}, {os.cpu_count()} cores\n"
        f"- seed: {seed}\n"
        f"- versions: {found}"
    )


def _processor() -> str:
    """The model of the processor."""
    facts = Path("/proc/cpuinfo")
    if facts.is_file():
        for line in facts.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _overview(found: Mapping[str, Sequence[Row]]) -> str:
    """All sets side by side."""
    rows = [
        [
            same[0].method,
            *(f"{row.metrics['image_auroc']} / {row.metrics['pixel_auroc']}" for row in same),
        ]
        for same in zip(*found.values(), strict=True)
    ]
    return "## Image AUROC / pixel AUROC\n\n" + _table(["method", *found], rows)


def _section(data: DataSet, rows: Sequence[Row]) -> str:
    counts = f"{len(data.normal)} normal images for training, {len(data.test)} to test."
    found = [title for _, _, title in FOUND.values()]
    costs = ["training, s", "s an image", "peak MB", "model MB"]
    header = ["method", *METRICS.values(), *found, *costs]
    table = _table(header, [[row.method, *row.metrics.values(), *row.costs] for row in rows])
    notes = "".join(f"\n\n{row.method} failed: {row.failure}" for row in rows if row.failure)
    return f"## {data.name}\n\n{counts} {data.about}".rstrip() + f"\n\n{table}{notes}"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


if __name__ == "__main__":
    main()
