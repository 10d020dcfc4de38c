"""What the commands that export a method of a stored comparison have in common."""

import argparse
from pathlib import Path

from evaluation.arguments import ArgumentError
from evaluation.assessment import Assessment
from evaluation.comparison.comparison import Comparison, MethodResult
from evaluation.decisions.thresholds import DEFAULT_RATE, LEVELS, RULES, Level
from evaluation.level_threshold import level_threshold
from evaluation.metrics.curves import Undefined


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


def told_thresholds(assessment: Assessment, options: argparse.Namespace) -> list[str]:
    """Each threshold with the rule that set it, a sentence a line.

    Where the rule that was asked for sets none, the usual one does, and the sentence says why.
    """
    lines = []
    for level in LEVELS:
        try:
            found = level_threshold(assessment, level, rule=options.rule, rate=options.rate)
        except Undefined as reason:
            lines.append(f"No threshold of {level}s: {reason}.")
            continue
        line = f"Threshold of {level}s {found.value:.6g}: {found.rule.title}"
        if options.rule not in ("", found.rule.name):
            line += f", since {options.rule} sets none: {_why_none(assessment, level, options)}"
        lines.append(f"{line}.")
    return lines


def _why_none(assessment: Assessment, level: Level, options: argparse.Namespace) -> str:
    try:
        assessment.threshold(options.rule, level, false_positive_rate=options.rate)
    except Undefined as reason:
        return str(reason)
    return ""
