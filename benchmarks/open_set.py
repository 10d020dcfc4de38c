"""Unknown classes among known ones: `python -m benchmarks.open_set`.

Digits (scikit-learn's, 8 x 8 pixels) and drawn wafer maps: four classes are held back, a detector
is trained on 60 % of the images of the others, and the rest and all images of the classes held
back are scored. Prints, for each split, the accuracy on known classes and the image AUROC of
unknown ones by each score, beside the distance to the nearest training image in raw pixels, and all
numbers as JSON in the last line.
"""

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from evaluation.metrics.curves import auroc, rank
from images.colour import Image
from images.samples.wafers import PATTERNS, draw_wafer
from methods import registry
from methods.detectors.open_set.scores import ScoreKind

PEER = "nearest image in pixels"
TRAINED = 0.6
"""Share of the images of a known class that is used for training."""
HELD_BACK = 4
"""Classes that are unknown."""
WAFERS = 50
"""Wafer maps of each pattern."""


@dataclass(frozen=True)
class Split:
    """Images of known classes to train on, and images to score with their classes."""

    training: list[Image]
    classes: list[str]
    test: list[Image]
    truth: list[str]
    unknown: NDArray[np.bool_]
    """Which of the test images belong to a class that is held back."""


@dataclass(frozen=True)
class Row:
    """How well unknown images are told from known ones in one split."""

    data: str
    split: int
    unknown: tuple[str, ...]
    accuracy: float
    """Share of known test images that are recognised."""
    auroc: Mapping[str, float]
    """Of unknown images, by score."""
    seconds: float
    """Processor time of training."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.open_set", description=__doc__)
    parser.add_argument("--data", default="digits,wafers", help="with commas")
    parser.add_argument("--splits", default="0,1,2,3,4", help="numbers, with commas")
    parser.add_argument("--params", default="{}", help="parameters of the detector, JSON")
    options = parser.parse_args(arguments)
    rows = []
    for name in options.data.split(","):
        images, classes = DATA[name]()
        for number in map(int, options.splits.split(",")):
            split, held_back = divided(images, classes, number)
            params = {**PARAMS[name], **json.loads(options.params)}
            rows.append(measure(name, number, split, held_back, params))
            print(_line(rows[-1]), flush=True)
    print()
    print(table(rows))
    print(json.dumps({"rows": [asdict(row) for row in rows], "means": means(rows)}))


def digits() -> tuple[list[Image], list[str]]:
    """The handwritten digits of scikit-learn."""
    from sklearn.datasets import load_digits

    given = load_digits()
    return [image.astype(np.float32) / 16 for image in given.images], [*map(str, given.target)]


def wafers() -> tuple[list[Image], list[str]]:
    """Drawn wafer maps, of each pattern equally many."""
    drawn = [
        (draw_wafer(pattern, np.random.default_rng([number, at])), pattern)
        for at, pattern in enumerate(PATTERNS)
        for number in range(WAFERS)
    ]
    images, classes = zip(*drawn, strict=True)
    return list(images), list(classes)


DATA = {"digits": digits, "wafers": wafers}
PARAMS: Mapping[str, Mapping[str, Any]] = {"digits": {}, "wafers": {"changes": "any turn"}}
"""Parameters that suit the images: wafers may be turned and mirrored, digits may not."""


def divided(
    images: Sequence[Image], classes: Sequence[str], number: int
) -> tuple[Split, tuple[str, ...]]:
    """A split by its number, and the classes that are held back in it."""
    rng = np.random.default_rng(number)
    names = sorted(set(classes))
    held_back = tuple(sorted(rng.choice(names, HELD_BACK, replace=False).tolist()))
    known = [at for at in rng.permutation(len(classes)) if classes[at] not in held_back]
    unknown = [at for at in range(len(classes)) if classes[at] in held_back]
    training = known[: round(TRAINED * len(known))]
    test = [*known[len(training) :], *unknown]
    split = Split(
        [images[at] for at in training],
        [classes[at] for at in training],
        [images[at] for at in test],
        [classes[at] for at in test],
        np.array([classes[at] in held_back for at in test]),
    )
    return split, held_back


def measure(
    data: str, number: int, split: Split, held_back: tuple[str, ...], params: Mapping[str, Any]
) -> Row:
    """Train once, and score by each kind of score from the same classifier."""
    begun = time.process_time()
    detector = registry.create("open-set", params, seed=number)
    detector.fit(split.training, classes=split.classes)
    seconds = time.process_time() - begun
    kinds = get_args(ScoreKind)
    by_kind = {kind: detector.params.model_copy(update={"score": kind}) for kind in kinds}
    scores: dict[str, list[float]] = {kind: [] for kind in kinds}
    recognised = []
    for image in split.test:
        logits: Mapping[str, float] = {}
        for kind, own in by_kind.items():
            detector.params = own
            judged = detector.judge(image)
            assert judged is not None
            scores[kind].append(judged.score)
            logits = judged.logits
        recognised.append(max(logits, key=logits.__getitem__))
    found = {
        kind: auroc(rank(np.array(values, dtype=np.float32), split.unknown))
        for kind, values in scores.items()
    }
    found[PEER] = auroc(rank(_peer(split), split.unknown))
    right = np.array(recognised) == np.array(split.truth)
    accuracy = float(right[~split.unknown].mean())
    return Row(data, number, held_back, accuracy, found, seconds)


def _peer(split: Split) -> NDArray[np.float32]:
    """The distance of each test image to the nearest training image in raw pixels."""
    from sklearn.neighbors import NearestNeighbors

    nearest = NearestNeighbors(n_neighbors=1).fit([image.ravel() for image in split.training])
    distances, _ = nearest.kneighbors([image.ravel() for image in split.test])
    return distances[:, 0].astype(np.float32)


def _line(row: Row) -> str:
    numbers = "  ".join(f"{kind} {value:.4f}" for kind, value in row.auroc.items())
    held_back = ", ".join(row.unknown)
    return (
        f"{row.data} {row.split}: accuracy {row.accuracy:.4f}  {numbers}  {row.seconds:.1f} s  "
        f"(unknown: {held_back})"
    )


def means(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    """The mean accuracy and AUROC of each data set over its splits."""
    found: dict[str, dict[str, float]] = {}
    for data in dict.fromkeys(row.data for row in rows):
        own = [row for row in rows if row.data == data]
        found[data] = {"accuracy": float(np.mean([row.accuracy for row in own]))}
        for kind in own[0].auroc:
            found[data][kind] = float(np.mean([row.auroc[kind] for row in own]))
    return found


def table(rows: Sequence[Row]) -> str:
    """The means, a row for each data set."""
    found = means(rows)
    columns = list(next(iter(found.values())))
    lines = [("mean over splits", *columns), ("---", *("---:" for _ in columns))]
    lines += [(data, *(f"{own[each]:.4f}" for each in columns)) for data, own in found.items()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
