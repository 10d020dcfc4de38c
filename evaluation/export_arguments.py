"""What the commands that export a method of a stored comparison have in common."""

import argparse
from pathlib import Path

from evaluation.arguments import ArgumentError
from evaluation.comparison.comparison import Comparison, MethodResult
from evaluation.decisions.thresholds import DEFAULT_RATE, RULES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the method, and the rule that sets its thresholds."""
    parser.add_argument("comparison", type=Path, help="folder that run --out wrote")
    parser.add_argument("method", help="name of the method in the comparison")
    parser.add_argument(
        "--rule",
        choices=RULES.names(),
        default="",
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


def finished(options: argparse.Namespace) -> tuple[Comparison, MethodResult]:
    """The comparison and the method that the arguments name.

    Raises `ArgumentError` when there is no such method or the rate is none, and `ComparisonError`.
    """
    if not 0 <= options.rate <= 1:
        raise ArgumentError(f"--rate {options.rate:g}: expected a number from 0 to 1.")
    comparison = Comparison.open(options.comparison)
    results = {result.variant.label: result for result in comparison.results}
    if options.method not in results:
        raise ArgumentError(
            f"{options.comparison} has no finished method {options.method!r}; it has "
            f"{', '.join(results) or 'none'}."
        )
    return comparison, results[options.method]
