"""One handwritten digit normal, all others anomalies: `python -m benchmarks.digits`.

Half of the images of a digit (scikit-learn's, 8 x 8 pixels) are learned from; the other half and
all images of the other digits are scored. Prints the image AUROC of each digit and the mean for
the methods that are named, beside scikit-learn's one-class SVM on raw pixels, and all figures as
JSON in the last line.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.metrics.curves import auroc, rank
from images.colour import Image
from methods import registry

PEER = "one-class SVM on pixels"
LOOK_ALIKE = (0, 1, 8)
"""Digits that look nearly the same after a turn by 180 degrees or a mirroring."""


@dataclass(frozen=True)
class Figure:
    """How well a method tells one digit from the others."""

    method: str
    digit: int
    auroc: float
    seconds: float
    """Processor time of learning and scoring."""
    note: str = ""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.digits", description=__doc__)
    parser.add_argument("--methods", default="deep-svdd,transformations", help="with commas")
    parser.add_argument("--digits", default="0,1,2,3,4,5,6,7,8,9", help="with commas")
    parser.add_argument("--params", default="{}", help="parameters of the methods, JSON")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    digits = [int(digit) for digit in options.digits.split(",")]
    methods = [PEER, *options.methods.split(",")]
    figures = []
    for digit in digits:
        for method in methods:
            figures.append(measure(method, digit, json.loads(options.params), options.seed))
            shown = figures[-1]
            print(f"{digit} {method:28} {shown.auroc:.4f} {shown.seconds:6.1f} s {shown.note}")
    print()
    print(table(figures))
    print(json.dumps([asdict(figure) for figure in figures]))


def measure(method: str, digit: int, params: dict[str, object], seed: int) -> Figure:
    """Learn every other image of a digit and score the rest, and all other digits."""
    normal, test, anomalous = divided(digit)
    begun = time.process_time()
    note = ""
    if method == PEER:
        scores = _peer(normal)(test)
    else:
        detector = registry.create(method, params, seed=seed).fit(normal)
        scores = np.array([detector.score_map(image).max() for image in test], dtype=np.float32)
        note = "; ".join(panel.title for panel in detector.learned())
    found = auroc(rank(scores, anomalous))
    assert found is not None
    return Figure(method, digit, float(found), time.process_time() - begun, note)


def divided(digit: int) -> tuple[list[Image], list[Image], NDArray[np.bool_]]:
    """Normal images to learn from, images to score, and which of those are anomalous."""
    from sklearn.datasets import load_digits

    given = load_digits()
    images = [image.astype(np.float32) / 16 for image in given.images]
    own = np.flatnonzero(given.target == digit)
    others = np.flatnonzero(given.target != digit)
    test = [*own[1::2], *others]
    anomalous = given.target[test] != digit
    return [images[at] for at in own[::2]], [images[at] for at in test], anomalous


def _peer(normal: Sequence[Image]) -> Callable[[Sequence[Image]], NDArray[np.float32]]:
    """Scores of a one-class SVM on raw pixels, with the kernel width that scikit-learn chooses."""
    from sklearn.svm import OneClassSVM

    fitted = OneClassSVM(gamma="scale", nu=0.1).fit([image.ravel() for image in normal])

    def scores(images: Sequence[Image]) -> NDArray[np.float32]:
        return -fitted.score_samples([image.ravel() for image in images]).astype(np.float32)

    return scores


def table(figures: Sequence[Figure]) -> str:
    """A row for each digit, the mean of all, and that of those which look alike when turned."""
    methods = list(dict.fromkeys(figure.method for figure in figures))
    digits = list(dict.fromkeys(figure.digit for figure in figures))
    found = {(figure.method, figure.digit): figure.auroc for figure in figures}
    rows = [("digit", *methods), ("---", *("---:" for _ in methods))]
    for digit in digits:
        rows.append((str(digit), *(f"{found[method, digit]:.4f}" for method in methods)))
    for name, members in (
        ("mean", digits),
        ("mean of 0, 1, 8", [digit for digit in digits if digit in LOOK_ALIKE]),
        ("mean of the others", [digit for digit in digits if digit not in LOOK_ALIKE]),
    ):
        if members:
            means = [np.mean([found[method, digit] for digit in members]) for method in methods]
            rows.append((name, *(f"{mean:.4f}" for mean in means)))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    main()
