"""Solar cells as a data set: `python -m benchmarks.solar_cells FOLDER`.

Copies electroluminescence images of the package `elpv-dataset` (CC BY-NC-SA 4.0, to be installed by
hand) into the layout that `python -m evaluation FOLDER` reads: of one wafer type the cells that are
certainly functional, every second one to learn from, and those that are certainly defective.

Deitsch et al., Automatic classification of defective photovoltaic module cells in
electroluminescence images, Solar Energy 2019.
"""

import argparse
import shutil
from importlib.util import find_spec
from pathlib import Path

FUNCTIONAL, DEFECTIVE = 0.0, 1.0
"""Probability of a defect on which all experts agreed."""


def main() -> None:
    """Write the folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="a folder to make")
    parser.add_argument("--wafer", choices=["mono", "poly"], default="mono")
    arguments = parser.parse_args()
    found = find_spec("elpv_dataset")
    if found is None or found.origin is None:
        parser.exit(1, "The package elpv-dataset is not installed: pip install elpv-dataset\n")
    source = Path(found.origin).parent / "data"
    count = {FUNCTIONAL: 0, DEFECTIVE: 0}
    with (source / "labels.csv").open(encoding="utf-8") as lines:
        for line in lines:
            name, probability, wafer = line.split()
            if wafer != arguments.wafer or float(probability) not in count:
                continue
            place = "test/defective"
            if float(probability) == FUNCTIONAL:
                place = "test/good" if count[FUNCTIONAL] % 2 else "train/good"
            count[float(probability)] += 1
            target = arguments.folder / place
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy(source / name, target)
    print(f"{count[FUNCTIONAL]} functional and {count[DEFECTIVE]} defective cells")


if __name__ == "__main__":
    main()
