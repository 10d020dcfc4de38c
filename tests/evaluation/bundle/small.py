"""A comparison of one quick method, and the bundle of it."""

from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
from PIL import Image as Pillow

from evaluation.assessment import Assessment, assess
from evaluation.bundle.bundle import Bundle
from evaluation.bundle.export import bundle_of
from evaluation.comparison.comparison import Comparison, Variant
from evaluation.comparison.runner import run
from images.colour import Image
from images.dataset import GOOD, Picture
from tests.dashboard.small import QUICK, defective_image, normal_image, small_set

NORMAL = 30
"""Normal images; few enough others score higher than all of them."""


@cache
def assessment() -> tuple[Comparison, Assessment]:
    """PCA residuals on the waves; every normal image scored by a model that did not see it."""
    normal = tuple(Picture(f"{n}.png", GOOD, partial(normal_image, n)) for n in range(NORMAL))
    data = replace(small_set(), normal=normal)
    comparison = run(data, [Variant("pca-residual", QUICK, label="PCA")], Path(mkdtemp()))
    return comparison, assess(comparison, comparison.results[0])


@cache
def bundle() -> Bundle:
    """The method with its usual thresholds."""
    return bundle_of(*assessment())


@cache
def bundle_file() -> Path:
    """The file of it."""
    path = Path(mkdtemp()) / "PCA.safetensors"
    bundle().save(path)
    return path


def write_png(path: Path, image: Image) -> None:
    """An image as a file of 8 bits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.fromarray(np.rint(image * 255).astype(np.uint8)).save(path)


def write_images(folder: Path, count: int, *, defective: tuple[int, ...] = ()) -> None:
    """So many waves as `000.png`, some of them with a square."""
    for number in range(count):
        make = defective_image if number in defective else normal_image
        write_png(folder / f"{number:03d}.png", make(100 + number))
