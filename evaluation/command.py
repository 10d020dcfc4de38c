"""`python -m evaluation`: compare methods on a folder, an archive or a sample set.

    python -m evaluation DATA --methods pca-residual,sparse-coding --set sparse-coding.atoms=512
    python -m evaluation --samples NAME --shots 1,2,4,8
    python -m evaluation --list

A method may stand in a comparison several times, each with a name after an @ and parameters of
its own: `--methods sparse-coding,sparse-coding@strong --set sparse-coding@strong.penalty=0.3`.

`SUITE.toml --out DIR`, or `FOLDER --suite --out DIR`, runs them on many sets: see docs/suites.md.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from evaluation.arguments import ArgumentError, parse_variants, parser
from evaluation.assessment import Assessment, assess
from evaluation.comparison.comparison import (
    Comparison,
    Event,
    Failure,
    MethodResult,
    Variant,
)
from evaluation.comparison.expected import forecasts
from evaluation.comparison.learning_curve import learning_curve
from evaluation.comparison.outlook import Outlook
from evaluation.comparison.runner import run
from evaluation.comparison.storage import writing
from evaluation.console import ProgressLine, announce
from evaluation.decisions.image_scores import ImageScore
from evaluation.estimate import estimate_text
from evaluation.given_data import given_data, restricted, tell_remedies
from evaluation.listing import KINDS, listing
from evaluation.metrics.metrics import Protocol
from evaluation.report.learning_curve import curve_text
from evaluation.report.tables import (
    calibration_text,
    text_table,
    working_points_table,
    write_results,
)
from evaluation.report.tuned import tuned_sentences
from evaluation.report.warnings import warnings
from evaluation.suites.command import check_one_set, given, is_suite, run_command
from evaluation.terminal import TERMINAL, stopped
from evaluation.tuning.command import add_tuning_arguments, tuned_methods, with_tuned
from evaluation.workers.choice import place_to_run
from evaluation.workers.errors import WorkerError
from evaluation.workers.threads import cores
from images.dataset import DataSet
from images.errors import AnomalyError, explained
from images.roles.understanding import problem
from methods.registry import get


def main(
    arguments: Sequence[str] | None = None,
    *,
    program: str = "python -m evaluation",
    tune: bool = False,
) -> int:
    """Run the command line; returns the exit code. `program` is how help calls it.

    With `tune`, the parameters of the methods are searched first, and what was found is compared.

    0 when every method finished, 1 when one failed or an internal error occurred, 2 when an
    argument was wrong, 130 when stopped.
    """
    try:
        options = _parser(program, tune=tune).parse_args(arguments)
        if options.list:
            print(listing(KINDS))
            return 0
        if is_suite(options):
            if tune:
                raise ArgumentError("tune searches on one data set, not on a suite.")
            return run_command(options)
        check_one_set(options)
        _check_used(options)
        variants = _variants(options)
        data = given_data(options)
        named = options.methods or options.tuned
        if not data.normal and not named:
            variants = [one for one in variants if not get(one.detector).needs_normal()]
            TERMINAL.say(
                f"{data.name} has no normal images, so only the methods that do without are run: "
                f"{', '.join(variant.label for variant in variants)}."
            )
        elif len(data.known_classes) < 2 and not named:
            variants = [one for one in variants if not get(one.detector).needs_classes()]
        detectors = [get(variant.detector) for variant in variants]
        if reason := problem(
            data,
            needs_normal=all(one.needs_normal() for one in detectors),
            needs_classes=all(one.needs_classes() for one in detectors),
        ):
            raise ArgumentError(reason)
        _check_report(options.report)
        if options.shots and max(options.shots) > len(data.normal):
            raise ArgumentError(
                f"--shots names {max(options.shots)}, more than the {len(data.normal)} normal "
                f"images of {data.name}."
            )
        data = restricted(data, options, TERMINAL.say)
        if tune:
            data, variants = tuned_methods(data, variants, options)
        return _compare(data, variants, options)
    except AnomalyError as error:
        TERMINAL.say(str(error))
        return 2
    except KeyboardInterrupt:
        return stopped()
    except BrokenPipeError:
        # Nobody reads what is printed any more; nor shall Python try once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        TERMINAL.say(explained(error))
        return 1


def _parser(program: str, *, tune: bool) -> argparse.ArgumentParser:
    arguments = parser(program)
    if tune:
        add_tuning_arguments(arguments)
    return arguments


def _check_used(options: argparse.Namespace) -> None:
    """Raise `ArgumentError` for an option that only counts beside another one."""
    if given(options, "draws") and not options.shots:
        raise ArgumentError("--draws applies beside --shots only.")
    if given(options, "top_share") and options.image_score != "top":
        raise ArgumentError("--top-share applies to --image-score top only.")


def _variants(options: argparse.Namespace) -> list[Variant]:
    """The methods that were asked for, and those that were tuned before."""
    if options.tuned is not None and not options.methods:
        if options.set:
            raise ArgumentError("--set beside --tuned needs --methods.")
        return with_tuned((), options.tuned)
    return with_tuned(parse_variants(options.methods, options.set, options.seed), options.tuned)


def _check_report(path: Path | None) -> None:
    """Raise `ArgumentError` now, not after all methods have run, when `path` cannot be written."""
    if path is not None and path.is_dir():
        raise ArgumentError(f"--report {path} is a folder; expected a file to write.")
    if path is not None and not path.absolute().parent.is_dir():
        raise ArgumentError(f"--report {path} is in a folder that does not exist.")


def _compare(data: DataSet, variants: Sequence[Variant], options: argparse.Namespace) -> int:
    with _scratch_folder() as scratch:
        folder = options.out or scratch
        expected = forecasts(data, variants, budget=options.calibration_seconds)
        outlook = Outlook(expected, options.processes or 1)

        def note(result: MethodResult | Failure) -> None:
            outlook.end(result.variant.label)
            announce(result)

        heading = f"{data.understood}\n{estimate_text(expected)}".strip()
        with _executor(options, folder) as executor:
            comparison = run(
                data,
                variants,
                folder,
                seed=options.seed,
                executor=executor,
                calibration_seconds=options.calibration_seconds,
                protocol=Protocol(
                    ImageScore(options.image_score, options.top_share, options.smoothing),
                    options.pro_limit,
                    options.fpr,
                ),
                on_event=ProgressLine(heading, outlook),
                on_result=note,
            )
        for finding in comparison.data.findings:
            if finding.role == "not used":
                TERMINAL.say(finding.text)
            if finding.warning:
                TERMINAL.say(finding.warning)
        tell_remedies(comparison.data, options.fix_masks, TERMINAL.say)
        comparison, assessments = _judged(comparison)
        for text in warnings(comparison, assessments):
            TERMINAL.say(f"Warning: {text}")
        print(text_table(assessments))
        for text in tuned_sentences(assessments):
            print("\n" + text)
        for assessment in assessments:
            print("\n" + calibration_text(assessment))
        for assessment in assessments:
            if assessment.has_normal:
                print("\n" + working_points_table(assessment))
        written = not options.shots or _done(lambda: _print_curve(comparison, options))
        if options.out:
            written &= _done(lambda: write_results(comparison, assessments))
        if options.report and assessments:
            written &= _done(lambda: _write_report(comparison, assessments, options.report))
    return 1 if comparison.failures or not written else 0


def _print_curve(comparison: Comparison, options: argparse.Namespace) -> None:
    """Compute and print the learning curve; it is kept in the folder of the comparison."""
    labels = [result.variant.label for result in comparison.results]
    line = ProgressLine()

    def tell(fraction: float, note: str = "") -> None:
        line(Event("learning curve", "fit", fraction, note=note))

    curve = learning_curve(
        comparison,
        labels,
        options.shots,
        options.draws,
        progress=tell,
    )
    print("\n" + curve_text(curve, labels, options.shots))


@contextmanager
def _executor(options: argparse.Namespace, folder: Path) -> Iterator[Executor | None]:
    """Where methods run; None for this process, one after the other."""
    if options.processes is None and options.dask is None:
        yield None
        return
    count = options.processes or 1
    threads = max(1, cores() // count)
    with place_to_run(count, options.dask, threads=threads, tell=TERMINAL.say) as place:
        if place.cluster is not None and not place.cluster.sees(folder):
            raise WorkerError(
                f"The workers of {options.dask} do not see {folder}; expected --out in a folder "
                "that all of them share."
            )
        yield place.executor


@contextmanager
def _scratch_folder() -> Iterator[Path]:
    with writing("The folder for temporary files"):
        scratch = tempfile.TemporaryDirectory()
    with scratch as path:
        yield Path(path)


def _judged(comparison: Comparison) -> tuple[Comparison, list[Assessment]]:
    """The methods whose metrics can be computed; the others are named among the failures."""
    assessments, failures = [], list(comparison.failures)
    for result in comparison.results:
        assessment = assess(comparison, result)
        try:
            _ = assessment.metrics, assessment.usual_score
        except Exception as error:
            failures.append(Failure(result.variant, f"No metrics: {explained(error)}"))
            announce(failures[-1])
        else:
            assessments.append(assessment)
    results = tuple(assessment.result for assessment in assessments)
    return replace(comparison, results=results, failures=tuple(failures)), assessments


def _write_report(comparison: Comparison, assessments: Sequence[Assessment], path: Path) -> None:
    from evaluation.report.html import write_report

    write_report(comparison, assessments, path)


def _done(write: Callable[[], None]) -> bool:
    """Whether something could be written; says why not, so that all else is written still."""
    try:
        write()
    except Exception as error:
        TERMINAL.say(explained(error))
        return False
    return True
