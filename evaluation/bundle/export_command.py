"""`anomaly-compare export`: write a method of a comparison as one file.

anomaly-compare export COMPARISON METHOD --out padim.safetensors
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from evaluation.assessment import assess
from evaluation.bundle.bundle import SUFFIX, BundleError
from evaluation.bundle.ending import DONE, told
from evaluation.bundle.export import bundle_of
from evaluation.comparison.comparison import Comparison
from evaluation.comparison.storage import folder_name
from evaluation.decisions.thresholds import DEFAULT_RATE, RULES


def export(arguments: Sequence[str], *, program: str = "anomaly-compare export") -> int:
    """Run `export`; returns the exit code: 0, 1 for an internal error, 2 for wrong arguments."""
    return told(lambda: _export(_parser(program).parse_args(arguments)))


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program, description="Export a method of a comparison as one file, for predict."
    )
    parser.add_argument("comparison", type=Path, help="folder that run --out wrote")
    parser.add_argument("method", help="name of the method in the comparison")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help=f"file to write (default: METHOD{SUFFIX})"
    )
    parser.add_argument(
        "--rule",
        choices=RULES.names(),
        metavar="RULE",
        help="rule that sets the thresholds, as list --rules names it (default: target false "
        "positive rate on normal images)",
    )
    parser.add_argument(
        "--rate",
        type=float,
        default=DEFAULT_RATE,
        help=f"target false positive rate of the rule (default {DEFAULT_RATE:g})",
    )
    return parser


def _export(options: argparse.Namespace) -> int:
    if not 0 <= options.rate <= 1:
        raise BundleError(f"--rate {options.rate:g}: expected a number from 0 to 1.")
    comparison = Comparison.open(options.comparison)
    results = {result.variant.label: result for result in comparison.results}
    if options.method not in results:
        raise BundleError(
            f"{options.comparison} has no finished method {options.method!r}; it has "
            f"{', '.join(results) or 'none'}."
        )
    target = options.out or Path(folder_name(options.method) + SUFFIX)
    if target.is_dir():
        raise BundleError(f"--out {target} is a folder; expected a file to write.")
    assessment = assess(comparison, results[options.method])
    bundle = bundle_of(comparison, assessment, rule=options.rule or "", rate=options.rate)
    bundle.save(target)
    image, pixel = bundle.facts.image_threshold, bundle.facts.pixel_threshold
    print(f"{target}: {target.stat().st_size / 2**20:.1f} MB")
    print(f"Image threshold {image.value:.6g}, pixel threshold {pixel.value:.6g}: {image.title}.")
    return DONE
