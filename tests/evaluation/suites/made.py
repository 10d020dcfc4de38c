"""Small sets in folders and quick methods, for tests of suites."""

from pathlib import Path

import numpy as np
from PIL import Image as Pillow

from tests.evaluation.synthetic import noise, square_mask

SUITE = """
name = "squares"
seeds = [0, 1]
sets = [{folder = "data"}]

[[methods]]
detector = "pca-residual"
label = "pca"
params = {features = "raw patches", window = 5, stride = 2}

[[methods]]
detector = "gaussian-mixture"
label = "mixture"
params = {features = "raw patches", window = 5, stride = 2, sample = 500}

[[methods]]
detector = "pca-residual"
label = "large"
params = {features = "raw patches", window = 64}
"""
"""The last method fails, since images are smaller than its windows."""


def write_sets(folder: Path, *names: str) -> Path:
    """Folders of 3 normal images and 2 good and 2 defective test images."""
    for number, name in enumerate(names):
        first = 1000 * number
        for at in range(3):
            write(folder / name / "train" / "good" / f"{at}.png", noise(first + at))
        for at in range(2):
            write(folder / name / "test" / "good" / f"{at}.png", noise(first + 100 + at))
            write(folder / name / "test" / "square" / f"{at}.png", noise(first + 200 + at, True))
            mask = square_mask().astype(np.float32)
            write(folder / name / "ground_truth" / "square" / f"{at}_mask.png", mask)
    return folder


def write(path: Path, image: "np.ndarray") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.fromarray(np.rint(image * 255).astype(np.uint8)).save(path)


def write_suite(folder: Path, *names: str) -> Path:
    """The file of a suite beside its sets."""
    write_sets(folder / "data", *names)
    path = folder / "squares.toml"
    path.write_text(SUITE)
    return path
