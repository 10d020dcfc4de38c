"""A small data set with two known classes of normal images and an unknown one."""

import numpy as np

from images.colour import Image
from images.dataset import GOOD, DataSet, Picture

SIDE = 24
QUICK = {"side": 16, "width": 8, "steps": 60, "batch": 16}
"""Parameters of open set recognition that are quick on it."""
COUNT = 16
"""Normal images of each class."""


def bars(upright: bool, seed: int) -> Image:
    """Stripes, upright or level, at a random place, with noise."""
    rng = np.random.default_rng(seed)
    line = (np.arange(SIDE) + rng.integers(8)) // 4 % 2
    image = np.tile(line, (SIDE, 1)) * 0.8 + rng.uniform(0, 0.1, (SIDE, SIDE))
    return (image if upright else image.T).astype(np.float32)


def squares(seed: int) -> Image:
    """A chessboard, of no known class."""
    return np.abs(bars(True, seed) - bars(False, seed + 1)).astype(np.float32)


def classes_set() -> DataSet:
    """Upright and level stripes, and for testing six of each and six chessboards."""

    def known(part: str, name: str, seed: int) -> Picture:
        image = bars(name == "upright", seed)
        return Picture(f"{part}/{name}/{seed}.png", GOOD, image.copy, known_class=name)

    names = ("level", "upright")
    unknown = [
        Picture(f"test/squares/{seed}.png", "squares", squares(seed).copy)
        for seed in range(300, 306)
    ]
    return DataSet(
        "stripes",
        tuple(known("train", name, seed) for name in names for seed in range(COUNT)),
        (*(known("test", name, seed) for name in names for seed in range(200, 206)), *unknown),
        "Made for a test.",
        synthetic=True,
    )
