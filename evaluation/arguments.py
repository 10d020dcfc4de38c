"""The arguments of the command line: what they are called and what they may be."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn, get_args

from evaluation.argument_values import (
    draws,
    length,
    numbers,
    process_count,
    remedies,
    role,
    seconds,
    seed,
    seeds,
    share,
)
from evaluation.comparison.comparison import CALIBRATION_SECONDS, Variant
from evaluation.comparison.learning_curve import DRAWS
from evaluation.decisions.image_scores import ImageScore, ImageScoreKind
from images.errors import AnomalyError
from images.masks.mask_file import OFFERS
from images.version import VERSION
from methods import registry


class ArgumentError(AnomalyError):
    """An argument that a person gave is wrong; the text is one sentence."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ArgumentError(message[:1].upper() + message[1:] + ".")


def parser(program: str) -> argparse.ArgumentParser:
    """The parser of the command line; `program` is how help calls it.

    It raises `ArgumentError` for arguments that it does not understand.
    """
    arguments = _Parser(prog=program, description="Compare anomaly detectors on one data set.")
    arguments.add_argument("--version", action="version", version=VERSION)
    arguments.add_argument(
        "data",
        nargs="?",
        type=Path,
        help="folder or ZIP archive with images, or the TOML file of a suite",
    )
    arguments.add_argument("--samples", metavar="NAME", help="use a sample set instead of DATA")
    arguments.add_argument(
        "--list",
        action="store_true",
        help="list methods, features, networks, sample sets, folder layouts, annotation formats "
        "and threshold rules",
    )
    arguments.add_argument(
        "--layout",
        metavar="NAME",
        help="folder layout of DATA (default: detected; by-name reads any folders)",
    )
    arguments.add_argument(
        "--part", metavar="FOLDER", help="which set to use if DATA contains several"
    )
    arguments.add_argument(
        "--role",
        action="append",
        default=[],
        type=role,
        metavar="FOLDER=ROLE",
        help=(
            "role of a folder or file in DATA: normal, normal/CLASS, test, test/KIND, mask or "
            "not-used (may be repeated)"
        ),
    )
    arguments.add_argument(
        "--methods",
        default="",
        metavar="A,B",
        help="methods by name; NAME@VARIANT adds another variant of a method (default: all)",
    )
    arguments.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="METHOD.PARAMETER=VALUE",
        help="set a parameter of all variants of a method, or of METHOD@VARIANT only",
    )
    arguments.add_argument("--seed", type=seed, default=0, help="random seed (default 0)")
    arguments.add_argument(
        "--image-score",
        choices=get_args(ImageScoreKind),
        default=ImageScore().kind,
        help="image score from the score map: maximum, mean, or mean of the top --top-share "
        f"(default {ImageScore().kind})",
    )
    arguments.add_argument(
        "--top-share",
        type=share,
        default=ImageScore().share,
        metavar="SHARE",
        help=f"proportion of pixels used by top (default {ImageScore().share:g})",
    )
    arguments.add_argument(
        "--smoothing",
        type=length,
        default=0.0,
        metavar="PIXELS",
        help="Gaussian smoothing of the map before the image score is computed (default 0)",
    )
    arguments.add_argument(
        "--pro-limit",
        type=share,
        default=0.3,
        metavar="FPR",
        help="upper integration limit of AUPRO (default 0.3)",
    )
    arguments.add_argument(
        "--fpr",
        type=share,
        default=0.05,
        help="false positive rate at which the TPR is reported (default 0.05)",
    )
    arguments.add_argument(
        "--calibration-seconds",
        type=seconds,
        default=CALIBRATION_SECONDS,
        metavar="S",
        help="budget for the trainings that calibrate a method: each method has a lowest number of "
        "folds, more are used up to ten while the times declared for it keep to the budget "
        f"(default {CALIBRATION_SECONDS:g})",
    )
    arguments.add_argument(
        "--shots",
        type=numbers,
        default=(),
        metavar="N,M",
        help="also train the methods on so many normal images and print the learning curve, for "
        "example 1,2,4,8",
    )
    arguments.add_argument(
        "--draws",
        type=draws,
        default=DRAWS,
        metavar="N",
        help=f"draws of the normal images for each number of --shots (default {DRAWS})",
    )
    arguments.add_argument(
        "--region",
        type=Path,
        metavar="FILE",
        help="mask of the region of interest: pixels used for metrics",
    )
    arguments.add_argument(
        "--ignore",
        type=Path,
        metavar="DIR",
        help="folder of masks of pixels to ignore in metrics, named after the images",
    )
    arguments.add_argument(
        "--fix-masks",
        type=remedies,
        default=(),
        metavar="HOW",
        help="fix masks that look wrong: "
        + ", ".join(f"{remedy} {does}" for remedy, does in OFFERS.items())
        + "; separate several with commas",
    )
    arguments.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="save the comparison: metrics, scores, maps, models",
    )
    arguments.add_argument("--report", type=Path, metavar="FILE", help="write an HTML report")
    _add_places(arguments)
    _add_suite(arguments)
    arguments.add_argument(
        "--tuned",
        type=Path,
        metavar="DIR",
        help="add the tuned variants that `tune --out DIR` found; only these without --methods",
    )
    return arguments


def _add_places(parser: argparse.ArgumentParser) -> None:
    places = parser.add_mutually_exclusive_group()
    places.add_argument(
        "--processes",
        type=process_count,
        metavar="N",
        help="run N methods at a time, in processes of their own (a suite: default 1)",
    )
    places.add_argument(
        "--dask",
        metavar="ADDRESS",
        help="run methods on the workers of a Dask scheduler, such as tcp://host:8786",
    )


def _add_suite(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--suite",
        action="store_true",
        help="DATA is a folder of data sets: run all methods on each of them",
    )
    parser.add_argument(
        "--seeds",
        type=seeds,
        default=[],
        metavar="A,B",
        help="random seeds of the suite of a folder (default: that of --seed)",
    )
    parser.add_argument(
        "--retry-failed", action="store_true", help="run again what failed in a suite before"
    )


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
