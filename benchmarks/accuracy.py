"""Accuracy of all methods: `python -m benchmarks.accuracy --data FOLDER --rows DIR --write`.

A suite of every registered method with its defaults on every data set below a folder and on all
sample sets. It prints the metrics; `--write` also writes them to `benchmarks/RESULTS.md`. What was
measured is kept in the folder `--rows` and not measured again: a run can be stopped or divided, and
`--kept` measures nothing and shows what is there.
"""

import argparse
import os
import platform
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from evaluation.comparison.comparison import CALIBRATION_SECONDS
from evaluation.decisions.image_scores import ImageScore
from evaluation.report.tables import versions
from evaluation.suites.files import markdown_table
from evaluation.suites.leaderboard import Leaderboard, findings, leaderboard
from evaluation.suites.rows import Row, read_row
from evaluation.suites.runner import run_suite
from evaluation.suites.suite import SetSource, Suite, all_methods, sample_source, sets_below
from evaluation.workers.choice import place_to_run
from images.dataset import DataSet
from images.roles.understanding import problem
from images.samples.catalogue import samples

RESULTS = Path(__file__).with_name("RESULTS.md")
METRICS = {"image_auroc": "image AUROC", "pixel_auroc": "pixel AUROC", "aupro": "AUPRO to 0.3"}
FOUND = {"found_pixels": "pixels found at 1 %", "found_images": "images found at 5 %"}
"""Share of the good test items that is flagged at a target false positive rate."""
COSTS = {
    "fit_seconds": ("training, s", ".1f"),
    "score_seconds_per_image": ("s an image", ".3f"),
    "peak_memory_mb": ("peak MB", ".0f"),
    "model_mb": ("model MB", ".1f"),
}
NOT_MEASURED = "not measured"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with data sets in it")
    parser.add_argument("--methods", default="", help="by name, with commas between (default: all)")
    parser.add_argument("--sets", default="", help="names of sets, with commas (default: all)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=1, help="methods at a time (default 1)")
    parser.add_argument("--rows", type=Path, help="folder for what was measured, used again")
    parser.add_argument(
        "--uncalibrated",
        default="",
        help="methods, with commas, that are not cross-fitted: long trainings are done once "
        "instead of three times, and the rates found on good test images are left out",
    )
    parser.add_argument("--kept", action="store_true", help="measure nothing, show what is kept")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    options = parser.parse_args(arguments)
    methods = [name for name in options.methods.split(",") if name] or [
        one.label for one in all_methods()
    ]
    chosen = [name for name in options.sets.split(",") if name]
    sources = [one for one in set_sources(options.data) if not chosen or one.name in chosen]
    with tempfile.TemporaryDirectory() as scratch:
        rows = options.rows or Path(scratch) / "rows"
        if not options.kept:
            variants = [one for one in all_methods() if one.label in methods]
            suite = Suite(
                "Accuracy of all methods",
                tuple(sources),
                tuple(variants),
                (options.seed,),
                CALIBRATION_SECONDS,
                threads=max(1, (os.cpu_count() or 1) // options.processes),
                uncalibrated=frozenset(options.uncalibrated.split(",")),
            )
            with place_to_run(options.processes, None, threads=suite.threads) as place:
                run_suite(
                    suite,
                    Path(scratch),
                    place.executor,
                    at_once=place.at_once,
                    rows=rows,
                    tell=lambda sentence: print(sentence, file=sys.stderr),
                )
        judged = {
            source.name: [read_row(rows, source.name, one, options.seed) for one in methods]
            for source in sources
        }
    sections = [_section(source.open(), methods, judged[source.name]) for source in sources]
    print("\n\n".join(sections))
    if options.write:
        boards = [_board(judged, metric) for metric in ("image_auroc", "pixel_auroc")]
        whole = [
            _heading(options.seed),
            _overview(methods, judged),
            *map(_ranks, boards),
            *sections,
        ]
        RESULTS.write_text("\n\n".join(whole) + "\n", encoding="utf-8")


def set_sources(folder: Path | None) -> list[SetSource]:
    """The data sets below a folder on which a comparison can be run, and the samples."""
    sources, left_out = sets_below(folder) if folder else ([], [])
    for sentence in left_out:
        print(sentence, file=sys.stderr)
    return [*sources, *map(sample_source, samples())]


def data_sets(folder: Path | None) -> Iterator[DataSet]:
    """The same, opened; those without normal images are left out."""
    for source in set_sources(folder):
        data = source.open()
        if reason := problem(data):
            print(reason, file=sys.stderr)
        else:
            yield data


def _heading(seed: int) -> str:
    found = ", ".join(f"{name} {number}" for name, number in versions().items())
    return (
        "# Accuracy of all methods\n\n"
        "Written by `python -m benchmarks.accuracy --data FOLDER --rows DIR --write`. Every "
        "method ran with its defaults, the same on all sets. Pixel metrics pool all test pixels, "
        f"the image score is the {ImageScore().text()}, a dash is a value that does not "
        'exist there or was not measured, and times are of one run. "Found" is the share of the '
        "good test images, or of their pixels, that is flagged at the threshold for a target "
        "rate.\n\n"
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


def _overview(methods: Sequence[str], found: Mapping[str, Sequence[Row | None]]) -> str:
    """All sets side by side."""
    rows = [
        [
            method,
            *(
                " / ".join(_metric(row, name) for name in ("image_auroc", "pixel_auroc"))
                if row
                else NOT_MEASURED
                for row in same
            ),
        ]
        for method, same in zip(methods, zip(*found.values(), strict=True), strict=True)
    ]
    return "## Image AUROC / pixel AUROC\n\n" + markdown_table(["method", *found], rows)


def _board(judged: Mapping[str, Sequence[Row | None]], metric: str) -> Leaderboard:
    """The leaderboard of the methods that have the metric on most sets."""
    rows = [row for rows in judged.values() for row in rows if row is not None]
    having = Counter(row.method for row in rows if row.metrics.get(metric) is not None)
    most = max(having.values(), default=0)
    return leaderboard(rows, metric, [name for name, count in having.items() if count == most])


def _ranks(board: Leaderboard) -> str:
    """The mean ranks of methods over the sets that all of them have, and what they say."""
    lines = [[one.method, f"{one.mean_rank:.2f}", f"{one.mean:.4f}"] for one in board.standings]
    return (
        f"## Ranks by {METRICS[board.metric]}\n\n"
        + markdown_table(["method", "mean rank", "mean"], lines)
        + f"\n\n{' '.join(findings(board))}"
    )


def _section(data: DataSet, methods: Sequence[str], rows: Sequence[Row | None]) -> str:
    counts = f"{len(data.normal)} normal images for training, {len(data.test)} to test."
    titles = [*METRICS.values(), *FOUND.values(), *(title for title, _ in COSTS.values())]
    lines = []
    for method, row in zip(methods, rows, strict=True):
        cells = [NOT_MEASURED, *[""] * (len(titles) - 1)]
        if row is not None:
            cells = [_metric(row, name) for name in METRICS]
            cells += [_share(row, name) for name in FOUND]
            cells += [
                format(row.costs[name], form) if name in row.costs else "-"
                for name, (_, form) in COSTS.items()
            ]
        lines.append([method, *cells])
    table = markdown_table(["method", *titles], lines)
    failed = [f"\n\n{row.method} failed: {row.failure}" for row in rows if row and row.failure]
    return f"## {data.name}\n\n{counts} {data.about}".rstrip() + f"\n\n{table}{''.join(failed)}"


def _metric(row: Row, name: str) -> str:
    value = row.metrics.get(name)
    return "-" if value is None else f"{value:.4f}"


def _share(row: Row, name: str) -> str:
    value = row.metrics.get(name)
    return "-" if value is None else f"{value:.2%}"


if __name__ == "__main__":
    main()
