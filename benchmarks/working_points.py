"""Table II of Aburakhia et al. 2020 beside our own: `python -m benchmarks.working_points DIR`.

DIR holds DAGM 2007 in either layout that `images.layouts.dagm` reads. Each class is learned from
half of its normal images and judged on the others and on all defective ones. The thresholds T1 to
T6 come from the scores of the normal images that were learned from. Ends with one line of JSON.
"""

import argparse
import json
from collections.abc import Mapping

import numpy as np

from evaluation.decisions.rules.working_points import WORKING_POINTS, working_points
from evaluation.decisions.thresholds import Quantity
from evaluation.metrics.curves import Scores
from images.dataset import DataSet, Picture, Pixels
from images.open import open_sets
from methods import registry
from methods.detector import Detector

PUBLISHED = {
    1: (0.51, 0.55, 0.80, 0.50, 0.50, 0.55),
    2: (1.00, 1.00, 0.92, 0.57, 0.60, 0.66),
    3: (0.69, 0.80, 0.92, 0.52, 0.59, 0.76),
    4: (0.97, 0.99, 0.93, 0.86, 0.94, 0.91),
    5: (1.00, 1.00, 0.93, 0.88, 0.94, 0.92),
    6: (0.50, 0.50, 0.67, 0.88, 0.97, 0.92),
    7: (0.51, 0.54, 0.87, 0.50, 0.50, 0.53),
    8: (0.93, 0.94, 0.92, 0.69, 0.79, 0.84),
    9: (0.96, 0.98, 0.92, 0.50, 0.47, 0.47),
    10: (0.50, 0.54, 0.85, 0.50, 0.47, 0.47),
}
"""AUC of the decision at T1 to T6 for every class: EfficientNet-B4, read from the paper."""


def quantities(detector: Detector, pictures: tuple[Picture, ...]) -> dict[Quantity, Scores]:
    """The highest and the mean score of every picture; one map is held at a time."""
    highest, mean = [], []
    for picture in pictures:
        scores = detector.score_map(picture.read())
        highest.append(scores.max())
        mean.append(scores.mean(dtype=np.float64))
    return {
        "max": np.array(highest, dtype=np.float32),
        "mean": np.array(mean, dtype=np.float32),
    }


def areas(dataset: DataSet, preset: Mapping[str, object]) -> list[float | None]:
    """The area under the ROC curve of the decision at T1 to T6 for one class."""
    detector = registry.create("mean-feature", preset).fit(Pixels(dataset.normal))
    points = working_points(
        quantities(detector, dataset.normal),
        quantities(detector, dataset.test),
        [picture.defective() for picture in dataset.test],
    )
    return [point.decision.area for point in points]


def row(label: str, values: list[float | None] | tuple[float, ...]) -> str:
    """One line of the table; the last column is the best of the six."""
    known = [value for value in values if value is not None]
    cells = ["   -" if value is None else f"{value:.2f}" for value in (*values, max(known))]
    return f"{label:<18}" + "  ".join(cells)


def main() -> None:
    presets = registry.get("mean-feature").presets
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", help="the folder that holds Class1, Class2, ...")
    parser.add_argument("--preset", default="paper", choices=["default", *presets])
    arguments = parser.parse_args()
    preset = {} if arguments.preset == "default" else presets[arguments.preset]
    print(f"{'':18}" + "  ".join([*(f"{name:>4}" for name in WORKING_POINTS), "best"]))
    ours = {}
    for dataset in open_sets(arguments.folder):
        number = int(dataset.name.removeprefix("Class"))
        ours[dataset.name] = areas(dataset, preset)
        if number in PUBLISHED:
            print(row(f"{dataset.name}, paper", PUBLISHED[number]))
        print(row(f"{dataset.name}, ours", ours[dataset.name]), flush=True)
    print(json.dumps({"preset": arguments.preset, "areas": ours}))


if __name__ == "__main__":
    main()
