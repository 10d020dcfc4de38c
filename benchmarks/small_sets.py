"""Small sets in folders and a suite of quick methods on them, which takes minutes.

The sets are cut from samples: few images, with the middle of each and of its mask.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image as Pillow

from images.colour import Image, Mask
from images.dataset import GOOD, DataSet, Picture
from images.samples.catalogue import load_sample

SETS = ("brick", "grass", "gravel", "nanofibres", "circuit-board", "digits")
"""Samples; of digits whole images are defective, without masks."""
METHODS = (
    "clusters",
    "gaussian-mixture",
    "handcrafted",
    "kernel-density",
    "mean-feature",
    "multiscale-sparse-coding",
    "mutual-scoring",
    "nearest-neighbour",
    "one-class-svm",
    "padim",
    "pca-residual",
    "sparse-coding",
)
"""Twelve that train in seconds."""
SIDE = 96
"""Sides of an image, pixels, at most."""
NORMAL, GOOD_TEST, DEFECTIVE = 6, 3, 3
"""Images of a set."""


def write_suite(folder: Path, sets: Sequence[str], methods: Sequence[str], seeds: int) -> Path:
    """The TOML file of a suite beside its sets."""
    for name in sets:
        write_set(folder / "sets" / name, load_sample(name))
    listed = "\n".join(f'    {{path = "sets/{name}"}},' for name in sets)
    path = folder / "suite.toml"
    path.write_text(
        f'name = "Small sets"\nseeds = {[*range(seeds)]}\nmethods = {_quoted(methods)}\n'
        f"sets = [\n{listed}\n]\n",
        encoding="utf-8",
    )
    return path


def write_set(folder: Path, data: DataSet) -> None:
    """Write few images of a set in the layout of MVTec AD."""
    good = [picture for picture in data.test if picture.kind == GOOD]
    # The last ones have their defects in the middle.
    defective = [picture for picture in data.test if picture.kind != GOOD][::-1]
    for pictures, most, place in (
        (data.normal, NORMAL, "train/good"),
        (good, GOOD_TEST, "test/good"),
        (defective, DEFECTIVE, "test/defective"),
    ):
        for number, picture in enumerate(pictures[:most]):
            _write(folder / place / f"{number}.png", middle(picture.read()))
            _write_mask(folder / "ground_truth" / "defective" / f"{number}_mask.png", picture)


def middle(image: Image | Mask) -> Image:
    """At most `SIDE` x `SIDE` pixels around the middle of an image or mask."""
    top, left = (max(0, (side - SIDE) // 2) for side in image.shape[:2])
    return image[top : top + SIDE, left : left + SIDE].astype(np.float32)


def _write_mask(path: Path, picture: Picture) -> None:
    mask = picture.mask() if picture.kind != GOOD else None
    if mask is not None:
        _write(path, middle(mask))


def _write(path: Path, image: Image) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.fromarray(np.rint(image * 255).astype(np.uint8)).save(path)


def _quoted(names: Sequence[str]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"
