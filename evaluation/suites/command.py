"""The command line of suites: `anomaly-compare run SUITE.toml --out DIR`."""

import argparse

from evaluation.arguments import ArgumentError, parse_variants, parser
from evaluation.suites.files import MARKDOWN_FILE, write_files
from evaluation.suites.leaderboard import SHOWN, findings, in_order, leaderboard
from evaluation.suites.rows import MEASURES, Row
from evaluation.suites.runner import run_suite
from evaluation.suites.suite import Suite, folder_suite, read_suite
from evaluation.terminal import TERMINAL
from evaluation.workers.choice import place_to_run
from images.words import count
from methods.registry import get

OF_SUITES = ("seeds", "retry_failed")
"""Options that are about suites alone."""
OF_A_FOLDER = ("methods", "set", "seed", "seeds")
"""Options that say what a suite file says itself."""
TAKEN = {*OF_SUITES, *OF_A_FOLDER, "data", "suite", "out", "processes", "dask", "list"}
"""All options that a suite takes; the others are about one data set."""


def is_suite(options: argparse.Namespace) -> bool:
    """Whether the arguments ask for a suite: a TOML file, or a folder with `--suite`."""
    return options.suite or (options.data is not None and options.data.suffix.lower() == ".toml")


def check_one_set(options: argparse.Namespace) -> None:
    """Raise `ArgumentError` for an option that applies to suites, where none is run."""
    for name in OF_SUITES:
        if given(options, name):
            raise ArgumentError(f"{_option(name)} applies to a suite, not to one data set.")


def given(options: argparse.Namespace, name: str) -> bool:
    """Whether an option has another value than without it."""
    return bool(getattr(options, name) != parser("").get_default(name))


def run_command(options: argparse.Namespace) -> int:
    """Run a suite; returns the exit code: 1 when a method failed on a set.

    Raises `AnomalyError` for wrong arguments.
    """
    suite = _suite(options)
    if options.out is None:
        raise ArgumentError("A suite needs --out DIR, where its results are kept.")
    for sentence in (suite.text, *suite.left_out):
        TERMINAL.say(sentence)
    place = place_to_run(
        options.processes or 1,
        options.dask,
        threads=suite.threads,
        memory_mb=suite.memory_mb,
        tell=TERMINAL.say,
    )
    with place as found:
        rows = run_suite(
            suite,
            options.out,
            found.executor,
            at_once=found.at_once,
            carrier=found.cluster,
            retry_failed=options.retry_failed,
            tell=TERMINAL.say,
        )
    write_files(suite.name, rows, options.out)
    print(_summary(rows))
    print(f"Everything is in {options.out}; {MARKDOWN_FILE} is for people.")
    return 1 if any(row.failure for row in rows) else 0


def _suite(options: argparse.Namespace) -> Suite:
    for name in vars(options):
        if name not in TAKEN and given(options, name):
            raise ArgumentError(f"{_option(name)} applies to one data set, not to a suite.")
    if options.data is None:
        raise ArgumentError("--suite needs DATA, a TOML file or a folder of data sets.")
    if not options.data.is_dir():
        for name in OF_A_FOLDER:
            if given(options, name):
                raise ArgumentError(
                    f"{_option(name)} applies to a folder; write it into {options.data}."
                )
        return read_suite(options.data)
    variants = parse_variants(options.methods, options.set, 0)
    if not options.methods:
        variants = [one for one in variants if not get(one.detector).needs_classes()]
    return folder_suite(options.data, variants, options.seeds or [options.seed])


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _summary(rows: list[Row]) -> str:
    """The leaderboard by the first metric that methods can be ranked by."""
    boards = [leaderboard(rows, metric) for metric in SHOWN]
    board = next((one for one in boards if one.standings), boards[0])
    lines = [f"{MEASURES[board.metric]}, mean rank and mean over {count(len(board.ranked), 'set')}"]
    standing = {one.method: one for one in board.standings}
    width = max(map(len, board.methods), default=0)
    for method in in_order(board):
        own = standing.get(method)
        numbers = f"{own.mean_rank:6.2f}  {own.mean:.4f}" if own else "     -  -"
        lines.append(f"{method:{width}}  {numbers}")
    return "\n".join([*lines, *findings(board)])
