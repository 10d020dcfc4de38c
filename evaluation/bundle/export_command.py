"""`anomaly-compare export`: write a method of a comparison as one file.

anomaly-compare export COMPARISON METHOD --out padim.safetensors
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from evaluation.arguments import ArgumentError
from evaluation.assessment import assess
from evaluation.bundle.bundle import SUFFIX
from evaluation.bundle.ending import DONE, told
from evaluation.bundle.export import bundle_of
from evaluation.comparison.storage import folder_name
from evaluation.export_arguments import add_arguments, finished, told_thresholds


def export(arguments: Sequence[str], *, program: str = "anomaly-compare export") -> int:
    """Run `export`; returns the exit code: 0, 1 for an internal error, 2 for wrong arguments."""
    return told(lambda: _export(_parser(program).parse_args(arguments)))


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program, description="Export a method of a comparison as one file, for predict."
    )
    add_arguments(parser)
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help=f"file to write (default: METHOD{SUFFIX})"
    )
    return parser


def _export(options: argparse.Namespace) -> int:
    comparison, result = finished(options)
    target = options.out or Path(folder_name(options.method) + SUFFIX)
    if target.is_dir():
        raise ArgumentError(f"--out {target} is a folder; expected a file to write.")
    assessment = assess(comparison, result)
    bundle = bundle_of(comparison, assessment, rule=options.rule, rate=options.rate)
    bundle.save(target)
    print(f"{target}: {target.stat().st_size / 2**20:.1f} MB")
    print(*told_thresholds(assessment, options), sep="\n")
    return DONE
