"""`python -m evaluation`: compare methods on a folder, an archive or a sample set.

    python -m evaluation DATA --methods pca-residual,sparse-coding --set sparse-coding.atoms=512
    python -m evaluation --samples NAME
    python -m evaluation --list

A method may stand in a comparison several times, each with a name after an @ and parameters of
its own: `--methods sparse-coding,sparse-coding@strong --set sparse-coding@strong.penalty=0.3`.
"""

import argparse
import json
import math
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn, get_args

from evaluation.assessment import Assessment, assess
from evaluation.comparison.comparison import CALIBRATION_SECONDS, Comparison, Failure, Variant
from evaluation.comparison.region import counted_pixels, read_ignored, read_region, restrict
from evaluation.comparison.runner import run
from evaluation.comparison.storage import writing
from evaluation.console import ProgressLine, announce
from evaluation.decisions.image_scores import ImageScore, ImageScoreKind
from evaluation.listing import KINDS, listing
from evaluation.metrics.metrics import Protocol
from evaluation.report.tables import (
    calibration_text,
    text_table,
    working_points_table,
    write_results,
)
from evaluation.report.warnings import warnings
from images.dataset import DataSet
from images.errors import AnomalyError, explained
from images.layouts.registry import SeveralSetsError
from images.masks.mask_file import OFFERS, REMEDIES, Remedy
from images.open import find_files
from images.reading.files import Files
from images.roles.understanding import listed_folders, problem, understand
from images.roles.uses import ROLES
from images.samples.catalogue import load_sample, samples
from images.version import VERSION
from methods import registry


class ArgumentError(AnomalyError):
    """An argument that a person gave is wrong; the text is one sentence."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ArgumentError(message[:1].upper() + message[1:] + ".")


def main(arguments: Sequence[str] | None = None, *, program: str = "python -m evaluation") -> int:
    """Run the command line; returns the exit code. `program` is how help calls it.

    0 when every method finished, 1 when one failed or the program has a fault, 2 when an argument
    was wrong, 130 when stopped.
    """
    try:
        options = _parser(program).parse_args(arguments)
        if options.list:
            print(listing(KINDS))
            return 0
        variants = parse_variants(options.methods, options.set, options.seed)
        data = _data(options)
        if reason := problem(data):
            raise ArgumentError(reason)
        _check_report(options.report)
        return _compare(_restricted(data, options), variants, options)
    except AnomalyError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Nobody reads what is printed any more; nor shall Python try once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        print(explained(error), file=sys.stderr)
        return 1


def _parser(program: str) -> _Parser:
    parser = _Parser(prog=program, description="Compare anomaly detectors on one data set.")
    parser.add_argument("--version", action="version", version=VERSION)
    parser.add_argument("data", nargs="?", type=Path, help="folder or ZIP archive with images")
    parser.add_argument("--samples", metavar="NAME", help="use a sample set instead of DATA")
    parser.add_argument(
        "--list",
        action="store_true",
        help="list methods, features, networks, sample sets, folder layouts, annotation formats "
        "and threshold rules",
    )
    parser.add_argument(
        "--layout",
        metavar="NAME",
        help="folder layout of DATA (default: detected; by-name reads any folders)",
    )
    parser.add_argument(
        "--part", metavar="FOLDER", help="which set to use if DATA contains several"
    )
    parser.add_argument(
        "--role",
        action="append",
        default=[],
        type=_role,
        metavar="FOLDER=ROLE",
        help=(
            "role of a folder or file in DATA: normal, test, test/KIND, mask or not-used (may "
            "be repeated)"
        ),
    )
    parser.add_argument(
        "--methods",
        default="",
        metavar="A,B",
        help="methods by name; NAME@VARIANT adds another variant of a method (default: all)",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="METHOD.PARAMETER=VALUE",
        help="set a parameter of all variants of a method, or of METHOD@VARIANT only",
    )
    parser.add_argument("--seed", type=_seed, default=0, help="random seed (default 0)")
    parser.add_argument(
        "--image-score",
        choices=get_args(ImageScoreKind),
        default="max",
        help="image score from the score map: maximum, mean, or mean of the top --top-share",
    )
    parser.add_argument(
        "--top-share",
        type=_share,
        default=0.01,
        metavar="SHARE",
        help="proportion of pixels used by top (default 0.01)",
    )
    parser.add_argument(
        "--smoothing",
        type=_length,
        default=0.0,
        metavar="PIXELS",
        help="Gaussian smoothing of the map before the image score is computed (default 0)",
    )
    parser.add_argument(
        "--pro-limit",
        type=_share,
        default=0.3,
        metavar="FPR",
        help="upper integration limit of AUPRO (default 0.3)",
    )
    parser.add_argument(
        "--fpr",
        type=_share,
        default=0.05,
        help="false positive rate at which the TPR is reported (default 0.05)",
    )
    parser.add_argument(
        "--calibration-seconds",
        type=_seconds,
        default=CALIBRATION_SECONDS,
        metavar="S",
        help="time budget for calibrating a method, with two to ten folds (default "
        f"{CALIBRATION_SECONDS:g})",
    )
    parser.add_argument(
        "--region",
        type=Path,
        metavar="FILE",
        help="mask of the region of interest: pixels used for metrics",
    )
    parser.add_argument(
        "--ignore",
        type=Path,
        metavar="DIR",
        help="folder of masks of pixels to ignore in metrics, named after the images",
    )
    parser.add_argument(
        "--fix-masks",
        type=_remedies,
        default=(),
        metavar="HOW",
        help="fix masks that look wrong: "
        + ", ".join(f"{remedy} {does}" for remedy, does in OFFERS.items())
        + "; separate several with commas",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="save the comparison: metrics, scores, maps, models",
    )
    parser.add_argument("--report", type=Path, metavar="FILE", help="write an HTML report")
    return parser


def _role(text: str) -> tuple[str, str]:
    place, equals, role = text.rpartition("=")
    role = "not used" if role in ("not-used", "left-over") else role
    kind = role.removeprefix("test/") if role.startswith("test/") else ""
    if not (place and equals) or (role not in ROLES and not kind):
        raise argparse.ArgumentTypeError(
            f"{text!r}; expected FOLDER=ROLE, where ROLE is normal, test, test/KIND, mask or "
            "not-used"
        )
    return place.strip("/"), role


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r}; expected a whole number from 0")
    return int(text)


def _share(text: str) -> float:
    return _number(text, 1e-6, 1)


def _length(text: str) -> float:
    return _number(text, 0, 1000)


def _remedies(text: str) -> tuple[Remedy, ...]:
    names = {name.strip() for name in text.split(",")}
    if not names <= set(REMEDIES):
        raise argparse.ArgumentTypeError(f"{text!r}; expected some of {','.join(REMEDIES)}")
    return tuple(remedy for remedy in REMEDIES if remedy in names)


def _seconds(text: str) -> float:
    return _number(text, 0, 1e6)


def _number(text: str, low: float, high: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise argparse.ArgumentTypeError(f"{text!r}; expected a number from {low:g} to {high:g}")
    return value


def parse_variants(methods: str, settings: Sequence[str], seed: int) -> list[Variant]:
    """The variants that `--methods` and `--set` ask for, their parameters checked.

    Raises `ArgumentError`, `DetectorError` or `ParameterError`.
    """
    labels = [label.strip() for label in methods.split(",") if label.strip()]
    if methods and not labels:
        raise ArgumentError(f"--methods {methods} names no method.")
    labels = labels or list(registry.names())
    own: dict[str, dict[str, Any]] = {label: {} for label in labels}
    shared: dict[str, dict[str, Any]] = {_detector(label): {} for label in labels}
    for setting in settings:
        target, equals, value = setting.partition("=")
        label, dot, parameter = target.rpartition(".")
        if not (equals and dot):
            raise ArgumentError(f"--set {setting} is invalid; expected METHOD.PARAMETER=VALUE.")
        place = own if "@" in label else shared
        if label not in place:
            raise ArgumentError(
                f"--set {setting} names {label!r}, which is not in the comparison; it has "
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
    if not text.startswith(("[", "{")):
        return text
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise ArgumentError(f"--set ...={text} is invalid; {text!r} is not JSON.") from None


def _data(options: argparse.Namespace) -> DataSet:
    if (options.data is None) == (options.samples is None):
        raise ArgumentError("Give either DATA, a folder or ZIP archive, or --samples NAME.")
    if options.data is not None:
        return _read_data(options)
    for name in ("layout", "part", "role"):
        if getattr(options, name):
            raise ArgumentError(f"--{name} applies to DATA only, not to a sample.")
    if options.samples not in samples():
        raise ArgumentError(
            f"There is no sample {options.samples!r}; choose from {', '.join(samples())}."
        )
    return load_sample(options.samples)


def _read_data(options: argparse.Namespace) -> DataSet:
    """The data set in DATA, its pixels looked at once it is clear what it holds."""
    files = find_files(options.data)
    roles = _roles(files, options.role)

    def read() -> DataSet:
        try:
            return understand(
                files, roles, options.fix_masks, layout=options.layout, part=options.part
            )
        except SeveralSetsError as error:
            raise ArgumentError(
                f"{str(error).removesuffix('.')}, so choose one, such as --part {error.sets[0]}."
            ) from None

    data = read()
    if data.undecided:
        raise ArgumentError(
            f"The role of {listed_folders(data.undecided)} in {data.name} is unknown; set it, "
            f"for example with --role '{data.undecided[0]}=normal' or --role "
            f"'{data.undecided[-1]}=not-used'."
        )
    files.check(part=options.part)
    return read()


def _roles(files: Files, given: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Roles as `understand` takes them. Raises `ArgumentError` for a place that is not there."""
    names = [file.name for file in files.files]
    roles = {}
    for place, role in given:
        if any(name == place or name.startswith(f"{place}#") for name in names):
            roles[place] = role
        elif any(name.startswith(f"{place}/") for name in names):
            roles[f"{place}/"] = role
        else:
            raise ArgumentError(
                f"--role {place}={role} names {place!r}, which is not a folder or file of "
                f"{files.name}."
            )
    return roles


def _tell(sentence: str) -> None:
    print(sentence, file=sys.stderr)


def _tell_remedies(data: DataSet, taken: Sequence[Remedy]) -> None:
    """Name the options that would fix masks that look wrong."""
    for remedy in REMEDIES:
        count = sum(remedy in finding.remedies for finding in data.findings)
        if count and remedy not in taken:
            _tell(f"--fix-masks {remedy} {OFFERS[remedy]} ({count} of the masks).")


def _restricted(data: DataSet, options: argparse.Namespace) -> DataSet:
    """The data set with `--region` and `--ignore`; raises `ImageError` before anything runs."""
    fixes = options.fix_masks
    region = read_region(options.region, fixes, _tell) if options.region else None
    ignored = read_ignored(options.ignore, data, fixes, _tell) if options.ignore else {}
    data = restrict(data, region=region, ignored=ignored)
    for picture in (*data.normal, *data.test):
        if picture.name in ignored:
            counted_pixels(picture)
    return data


def _check_report(path: Path | None) -> None:
    """Raise `ArgumentError` now, not after all methods have run, when `path` cannot be written."""
    if path is not None and path.is_dir():
        raise ArgumentError(f"--report {path} is a folder; expected a file to write.")
    if path is not None and not path.absolute().parent.is_dir():
        raise ArgumentError(f"--report {path} is in a folder that does not exist.")


def _compare(data: DataSet, variants: Sequence[Variant], options: argparse.Namespace) -> int:
    with _scratch_folder() as scratch:
        folder = options.out or scratch
        comparison = run(
            data,
            variants,
            folder,
            seed=options.seed,
            calibration_seconds=options.calibration_seconds,
            on_event=ProgressLine(data.understood),
            on_result=announce,
        )
        for finding in comparison.data.findings:
            if finding.role == "not used":
                print(finding.text, file=sys.stderr)
            if finding.warning:
                print(finding.warning, file=sys.stderr)
        _tell_remedies(comparison.data, options.fix_masks)
        protocol = Protocol(
            ImageScore(options.image_score, options.top_share, options.smoothing),
            options.pro_limit,
            options.fpr,
        )
        comparison, assessments = _judged(comparison, protocol)
        for text in warnings(comparison, assessments):
            print(f"Warning: {text}", file=sys.stderr)
        print(text_table(assessments))
        for assessment in assessments:
            print("\n" + calibration_text(assessment))
        for assessment in assessments:
            print("\n" + working_points_table(assessment))
        written = True
        if options.out:
            written &= _done(lambda: write_results(comparison, assessments))
        if options.report and assessments:
            written &= _done(lambda: _write_report(comparison, assessments, options.report))
    return 1 if comparison.failures or not written else 0


@contextmanager
def _scratch_folder() -> Iterator[Path]:
    with writing("The folder for temporary files"):
        scratch = tempfile.TemporaryDirectory()
    with scratch as path:
        yield Path(path)


def _judged(comparison: Comparison, protocol: Protocol) -> tuple[Comparison, list[Assessment]]:
    """The methods whose metrics can be computed; the others are named among the failures."""
    assessments, failures = [], list(comparison.failures)
    for result in comparison.results:
        assessment = assess(comparison, result, protocol)
        try:
            _ = assessment.metrics, assessment.working_points, assessment.normal_median
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
        print(explained(error), file=sys.stderr)
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
