"""`anomaly-compare export-onnx`: write a method of a stored comparison as ONNX.

anomaly-compare export-onnx results/brick padim --out padim-onnx
"""

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from evaluation.arguments import ArgumentError
from evaluation.assessment import assess
from evaluation.bundle.ending import DONE, told
from evaluation.export_arguments import add_arguments, finished, told_thresholds
from evaluation.level_threshold import level_threshold
from evaluation.onnx_export.folder import EXAMPLE_FILE, other_score, why_not, write_folder
from methods.detector import DetectorError


def main(arguments: Sequence[str], *, program: str) -> int:
    """Run the command; returns the exit code: 0, 1 for an internal error, 2 for wrong arguments."""
    return told(lambda: _export(_parser(program).parse_args(arguments)))


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program,
        description="Write a method of a comparison as an ONNX file that gives the score map and "
        "the score of an image, with an example that needs onnxruntime, numpy and Pillow.",
    )
    add_arguments(parser)
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder to write into"
    )
    return parser


def _export(options: argparse.Namespace) -> int:
    comparison, result = finished(options)
    if options.out.is_file():
        raise ArgumentError(f"--out {options.out} is a file; expected a folder.")
    if reason := why_not(result):
        raise DetectorError(reason)
    threshold_of = partial(level_threshold, rule=options.rule, rate=options.rate)
    assessment = assess(comparison, result)
    write_folder(comparison, assessment, options.out, threshold_of)
    pixels, images = told_thresholds(assessment, options)
    if reason := other_score(comparison, assessment):
        images = f"No threshold of images: {reason}."
    print(pixels, images, sep="\n")
    print(f"Written to {options.out}. Try: python {options.out / EXAMPLE_FILE} IMAGE")
    return DONE
