"""`anomaly-compare export-onnx`: write a method of a stored comparison as ONNX.

anomaly-compare export-onnx results/brick padim --out padim-onnx
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from evaluation.arguments import ArgumentError
from evaluation.assessment import assess
from evaluation.comparison.comparison import Comparison
from evaluation.onnx_export.folder import EXAMPLE_FILE, why_not, write_folder
from images.errors import AnomalyError, explained
from methods.detector import DetectorError


def main(arguments: Sequence[str], *, program: str) -> int:
    """Run the command; returns the exit code: 2 for wrong arguments, 1 for an internal error."""
    options = _parser(program).parse_args(arguments)
    try:
        _export(options.comparison, options.method, options.out)
    except AnomalyError as error:
        print(error, file=sys.stderr)
        return 2
    except Exception as error:
        print(explained(error), file=sys.stderr)
        return 1
    print(f"Written to {options.out}. Try: python {options.out / EXAMPLE_FILE} IMAGE")
    return 0


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program,
        description="Write a method of a comparison as an ONNX file that gives the score map and "
        "the score of an image, with an example that needs onnxruntime, numpy and Pillow.",
    )
    parser.add_argument("comparison", type=Path, help="folder of a comparison")
    parser.add_argument("method", help="label of the method in the comparison")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder to write into"
    )
    return parser


def _export(folder: Path, method: str, out: Path) -> None:
    comparison = Comparison.open(folder)
    results = {result.variant.label: result for result in comparison.results}
    if method not in results:
        raise ArgumentError(
            f"{folder} contains no finished method {method!r}; expected one of "
            f"{', '.join(results) or 'none'}."
        )
    if out.is_file():
        raise ArgumentError(f"--out {out} is a file; expected a folder.")
    if reason := why_not(results[method]):
        raise DetectorError(reason)
    write_folder(comparison, assess(comparison, results[method]), out)
