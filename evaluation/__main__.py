"""`python -m evaluation`: compare methods on a folder, an archive or a sample set.

    python -m evaluation DATA --methods pca-residual,sparse-coding --set sparse-coding.atoms=512
    python -m evaluation --samples NAME
    python -m evaluation --list

A method may stand in a comparison several times, each with a name after an @ and parameters of
its own: `--methods sparse-coding,sparse-coding@strong --set sparse-coding@strong.penalty=0.3`.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from evaluation.assessment import assess
from evaluation.comparison import Event, Failure, MethodResult, Variant, run
from evaluation.tables import text_table, write_results
from images.dataset import DataSet
from methods import registry


class ArgumentError(ValueError):
    """An argument that a person gave is wrong; the text is one sentence."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ArgumentError(message[:1].upper() + message[1:] + ".")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code.

    0 when every method finished, 1 when one failed, 2 when an argument was wrong, 130 when stopped.
    """
    try:
        options = _parser().parse_args(arguments)
        if options.list:
            print(_listing())
            return 0
        variants = parse_variants(options.methods, options.set, options.seed)
        return _compare(_data(options), variants, options)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130


def _parser() -> _Parser:
    parser = _Parser(
        prog="python -m evaluation", description="Compare anomaly detectors on one data set."
    )
    parser.add_argument("data", nargs="?", type=Path, help="folder or ZIP archive with images")
    parser.add_argument("--samples", metavar="NAME", help="use a sample set in place of DATA")
    parser.add_argument("--list", action="store_true", help="list methods and sample sets")
    parser.add_argument(
        "--methods",
        default="",
        metavar="A,B",
        help="methods by name, NAME@VARIANT for a further one of the same method (default: all)",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="METHOD.PARAMETER=VALUE",
        help="set a parameter of all variants of a method, or of METHOD@VARIANT alone",
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of everything random (default 0)")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="keep the comparison: figures, scores, maps, models"
    )
    return parser


def parse_variants(methods: str, settings: Sequence[str], seed: int) -> list[Variant]:
    """The variants that `--methods` and `--set` ask for, their parameters checked.

    Raises `ArgumentError`, `DetectorError` or `ParameterError`.
    """
    labels = [label.strip() for label in methods.split(",") if label.strip()] or registry.names()
    own: dict[str, dict[str, Any]] = {label: {} for label in labels}
    shared: dict[str, dict[str, Any]] = {_detector(label): {} for label in labels}
    for setting in settings:
        target, equals, value = setting.partition("=")
        label, dot, parameter = target.rpartition(".")
        if not (equals and dot):
            raise ArgumentError(
                f"--set {setting} is not understood; expected METHOD.PARAMETER=VALUE."
            )
        place = own if "@" in label else shared
        if label not in place:
            raise ArgumentError(
                f"--set {setting} names {label!r}, which is not compared; compared are "
                f"{', '.join(labels)}."
            )
        place[label][parameter] = _value(value)
    variants = [
        Variant(_detector(label), {**shared[_detector(label)], **own[label]}, seed, label)
        for label in labels
    ]
    for variant in variants:
        variant.checked()
    return variants


def _detector(label: str) -> str:
    return label.partition("@")[0]


def _value(text: str) -> Any:
    """A list or mapping in JSON becomes one; any other text is left to the parameter's type."""
    return json.loads(text) if text.startswith(("[", "{")) else text


def _data(options: argparse.Namespace) -> DataSet:
    from images.open import open_path
    from images.samples import load_sample

    if (options.data is None) == (options.samples is None):
        raise ArgumentError("Give either DATA, a folder or ZIP archive, or --samples NAME.")
    return load_sample(options.samples) if options.samples else open_path(options.data)


def _listing() -> str:
    from images.samples import SAMPLES

    width = max(map(len, [*registry.names(), *SAMPLES]))
    lines = ["Methods"]
    lines += [f"  {name:{width}}  {registry.get(name).title}" for name in registry.names()]
    return "\n".join([*lines, "Samples", *(f"  {name}" for name in SAMPLES)])


def _compare(data: DataSet, variants: Sequence[Variant], options: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.out or Path(scratch)
        comparison = run(
            data,
            variants,
            folder,
            seed=options.seed,
            on_event=_ProgressLine(),
            on_result=_announce,
        )
        assessments = [assess(comparison, result) for result in comparison.results]
        print(text_table(assessments))
        if options.out:
            write_results(comparison, assessments)
    return 1 if comparison.failures else 0


class _ProgressLine:
    """Progress on stderr: one line that is rewritten on a terminal, a line a step elsewhere."""

    def __init__(self) -> None:
        self._shown = ""

    def __call__(self, event: Event) -> None:
        percent = int(event.fraction * 100)
        if not sys.stderr.isatty():
            percent -= percent % 25
        line = f"{event.label}: {event.phase} {percent} %"
        if line != self._shown:
            self._shown = line
            end = "\r" if sys.stderr.isatty() and event.phase != "done" else "\n"
            print(line.ljust(60) if end == "\r" else line, end=end, file=sys.stderr, flush=True)


def _announce(result: MethodResult | Failure) -> None:
    if isinstance(result, Failure):
        print(f"{result.variant.label} failed: {result.reason}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
