"""Sample data without a download: textures with painted defects, and drawn nanofibres."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from images.colour import Image
from images.dataset import GOOD, DataSet, Finding, Picture
from images.defects import DEFECTS, Defective

FOREIGN = {"brick": ("grass", "gravel"), "grass": ("brick",), "gravel": ("grass",)}
"""For each texture those whose patches are foreign in it."""
TEXTURES = tuple(FOREIGN)
SIDE = 102
"""Of a tile of a texture, in pixels."""
TILES = 5
"""Tiles of a texture along each side."""


@dataclass(frozen=True)
class Sample:
    """What a person reads before choosing a sample."""

    title: str
    about: str


_PAINTED = (
    "Synthetic: the photograph of {texture} in scikit-image (CC0), cut into tiles that do not overlap, "
    "normal and test in turn like a chessboard; on two thirds of the test tiles defects are painted."
)
_SAMPLES: Mapping[str, Sample] = {
    **{
        texture: Sample(
            f"{texture.capitalize()} with painted defects (synthetic)",
            _PAINTED.format(texture=texture),
        )
        for texture in TEXTURES
    },
    "nanofibres": Sample(
        "Nanofibres, drawn (synthetic)",
        "Synthetic: drawn by a program to look like electrospun nanofibres in a scanning electron "
        "microscope, with beads, films and broken areas.",
    ),
}


def samples() -> Mapping[str, Sample]:
    """The names of all samples, each with its title and what it is."""
    return _SAMPLES


@cache
def load_sample(name: str) -> DataSet:
    """A sample by name, the same each time. Raises KeyError when there is none of that name.

    Cost: below two seconds the first time, kept in memory after that (a few megabytes).
    """
    sample = _SAMPLES[name]
    if name == "nanofibres":
        from images.nanofibres import draw_sample

        normal, test = draw_sample(seed=0)
    else:
        normal, test = _texture_sample(name)
    pictures = {
        "normal": [_picture("train", at, GOOD, image) for at, image in enumerate(normal)],
        "test": [_picture("test", at, kind, image) for at, (kind, image) in enumerate(test)],
    }
    findings = [
        Finding(picture.name, role, f"{sample.title}: image of kind {picture.kind}.")
        for role, group in pictures.items()
        for picture in group
    ]
    return DataSet(
        name,
        tuple(pictures["normal"]),
        tuple(pictures["test"]),
        sample.about,
        synthetic=True,
        findings=tuple(findings),
    )


def _picture(part: str, number: int, kind: str, image: Image | Defective) -> Picture:
    name = f"{part}/{kind}/{number:02}.png"
    if isinstance(image, Defective):
        return Picture(name, kind, image.image.copy, image.mask.copy)
    return Picture(name, kind, image.copy)


def _texture_sample(texture: str) -> tuple[list[Image], list[tuple[str, Image | Defective]]]:
    """13 normal and 12 test images: the tiles of a texture like the squares of a chessboard.

    So no two images share a pixel, and every part of the photograph occurs among both. Every third
    test tile stays good; they lie along a diagonal.
    """
    normal, free = [], []
    for row, column in np.ndindex(TILES, TILES):
        (free if (row + column) % 2 else normal).append(_tile(texture, row, column))
    rng = np.random.default_rng(TEXTURES.index(texture))
    good = [(GOOD, image) for image in free[::3]]
    defective: list[tuple[str, Image | Defective]] = []
    others = [_tile(name, 0, 0) for name in FOREIGN[texture]]
    for at, image in enumerate(image for place, image in enumerate(free) if place % 3):
        kind = list(DEFECTS)[at % len(DEFECTS)]
        defective.append((kind, DEFECTS[kind](image, others[at % len(others)], rng)))
    return normal, [*good, *defective]


def _tile(texture: str, row: int, column: int) -> Image:
    """A square of a texture; what the squares leave over is a margin of one pixel."""
    top, left = row * SIDE + 1, column * SIDE + 1
    return _texture(texture)[top : top + SIDE, left : left + SIDE].copy()


def _texture(name: str) -> Image:
    """A texture of scikit-image, 512 x 512 grey; it lies in the wheel, nothing is downloaded."""
    from skimage import data

    return np.divide(getattr(data, name)(), np.float32(255), dtype=np.float32)
