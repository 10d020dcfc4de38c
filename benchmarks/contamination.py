"""Defective images among the normal ones: `python -m benchmarks.contamination --data FOLDER`.

What they cost, and what the parameter `trim` wins back. The defective images of a set are divided
into two halves, every second one of each kind. One half is mixed into the normal images, as the
share `--share` of both together, the other half and the good test images are scored; then the other
way round. Prints the means of both ways for training on normal images alone (clean), with the
defective ones (mixed), and with these and `trim` (trimmed), and as JSON in the last line.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.accuracy import set_sources
from evaluation.decisions.image_scores import ImageScore
from evaluation.metrics.curves import auroc, average_precision, rank
from evaluation.metrics.regions import rank_pixels
from evaluation.metrics.truth import Truths, known_labels
from images.dataset import DataSet, Picture, Pixels
from methods import registry
from methods.features.choice import TrimParameters

SETS = "aitex_00,grid,deeppcb"
METRICS = ("pixel_ap", "pixel_auroc", "image_ap", "image_auroc")


@dataclass(frozen=True)
class Row:
    """A method on a set, metrics by name, means of both ways."""

    data: str
    method: str
    normal: int
    """Normal images, of the first way."""
    mixed_in: int
    """Defective images among them."""
    clean: Mapping[str, float]
    mixed: Mapping[str, float]
    trimmed: Mapping[str, float]

    def won_back(self, metric: str) -> float | None:
        """The part of what contamination costs that trimming wins back; None without a cost."""
        cost = self.clean[metric] - self.mixed[metric]
        return (self.trimmed[metric] - self.mixed[metric]) / cost if cost > 0 else None


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.contamination", description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with data sets in it")
    parser.add_argument("--sets", default=SETS, help=f"names, with commas (default {SETS})")
    parser.add_argument("--methods", default=",".join(trimming()), help="with commas")
    parser.add_argument("--share", type=float, default=0.1, help="mixed in (default 0.1)")
    parser.add_argument("--trim", type=float, default=0.2, help="left out (default 0.2)")
    options = parser.parse_args(arguments)
    chosen = options.sets.split(",")
    rows = []
    for source in set_sources(options.data):
        if source.name in chosen:
            data = source.open()
            for method in options.methods.split(","):
                rows.append(measure(data, method, options.share, options.trim))
                print(_lines(rows[-1]), flush=True)
    print(json.dumps([asdict(row) for row in rows]))


def trimming() -> list[str]:
    """The methods that can trim."""
    return [
        name for name in registry.names() if issubclass(registry.get(name).Params, TrimParameters)
    ]


def measure(data: DataSet, method: str, share: float, trim: float) -> Row:
    """Both ways of one method on one set."""
    good = [picture for picture in data.test if not picture.defective()]
    found: dict[str, list[Mapping[str, float]]] = {"clean": [], "mixed": [], "trimmed": []}
    sizes = []
    halves = divided(data)
    for half, others in (halves, halves[::-1]):
        normal, bad = training(data.normal, half, share)
        sizes.append((len(normal), len(bad)))
        for kind, pictures, params in (
            ("clean", normal, {}),
            ("mixed", [*normal, *bad], {}),
            ("trimmed", [*normal, *bad], {"trim": trim}),
        ):
            found[kind].append(metrics(method, params, pictures, [*good, *others]))
    means = {
        kind: {name: float(np.mean([one[name] for one in each])) for name in METRICS}
        for kind, each in found.items()
    }
    return Row(
        data.name,
        method,
        *sizes[0],
        clean=means["clean"],
        mixed=means["mixed"],
        trimmed=means["trimmed"],
    )


def divided(data: DataSet) -> tuple[list[Picture], list[Picture]]:
    """The defective images in two halves, every second one of each kind."""
    by_kind: dict[str | None, list[Picture]] = {}
    for picture in data.test:
        if picture.defective():
            by_kind.setdefault(picture.kind, []).append(picture)
    halves: tuple[list[Picture], list[Picture]] = ([], [])
    for pictures in by_kind.values():
        for at, picture in enumerate(pictures):
            halves[at % 2].append(picture)
    return halves


def training(
    normal: Sequence[Picture], bad: Sequence[Picture], share: float
) -> tuple[list[Picture], list[Picture]]:
    """Normal images and the defective ones to mix in, `share` of both together.

    All that there are of one and so many of the other, drawn at random.
    """
    odds = share / (1 - share)
    rng = np.random.default_rng(0)
    few = min(len(bad), round(odds * len(normal)))
    many = min(len(normal), round(few / odds))
    chosen = rng.permutation(len(normal))[:many].tolist()
    mixed = rng.permutation(len(bad))[:few].tolist()
    return [normal[at] for at in chosen], [bad[at] for at in mixed]


def metrics(
    method: str, params: Mapping[str, float], normal: Sequence[Picture], test: Sequence[Picture]
) -> dict[str, float]:
    """Average precision and AUROC by `METRICS` of a method trained on some images."""
    detector = registry.create(method, params).fit(Pixels(normal))
    pixels, truths = Pixels(test), Truths(test)
    maps = [detector.score_map(pixels[at]) for at in range(len(pixels))]
    ranked = rank_pixels(maps, truths)
    known, defective = known_labels([truth.defective for truth in truths])
    scores = ImageScore().of_all(maps, truths)
    whole = rank(scores[known], defective[known])
    values = (average_precision(ranked), auroc(ranked), average_precision(whole), auroc(whole))
    return dict(zip(METRICS, values, strict=True))


def _lines(row: Row) -> str:
    """A table row for each metric."""
    lines = []
    for name in METRICS:
        values = " | ".join(f"{each[name]:.4f}" for each in (row.clean, row.mixed, row.trimmed))
        won = row.won_back(name)
        part = "-" if won is None else f"{100 * won:.0f} %"
        lines.append(f"| {row.data} | {row.method} | {name} | {values} | {part} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
