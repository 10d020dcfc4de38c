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
SIDE = 192
"""Of the square that is cut out of a texture, in pixels."""
GOOD_TEST = 5
"""Normal test images of a texture; on the other ten a defect is painted, two of each kind."""


@dataclass(frozen=True)
class Sample:
    """What a person reads before choosing a sample."""

    title: str
    about: str


_PAINTED = (
    "Synthetic: the photograph of {texture} in scikit-image (CC0), cut into normal images from its "
    "left half and test images from its right half, on which defects are painted."
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
    """12 normal images from the left half of a texture, 15 test images from the right half.

    Half of the normal ones are mirrored, because the rows of bricks lean to either side.
    """
    whole = _texture(texture)
    middle = whole.shape[1] // 2
    tops = range(0, 321, 64)
    normal = [_cut(whole, top, 0) for top in tops] + [_cut(whole, top, 64)[:, ::-1] for top in tops]
    clean = [_cut(whole, top, middle + right) for top in range(0, 321, 80) for right in (0, 32, 64)]
    rng = np.random.default_rng(TEXTURES.index(texture))
    rng.shuffle(clean)
    test: list[tuple[str, Image | Defective]] = [(GOOD, image) for image in clean[:GOOD_TEST]]
    others = [_cut(_texture(name), 0, 0) for name in FOREIGN[texture]]
    for at, image in enumerate(clean[GOOD_TEST:]):
        kind = list(DEFECTS)[at // 2]
        test.append((kind, DEFECTS[kind](image, others[at % len(others)], rng)))
    return [np.ascontiguousarray(image) for image in normal], test


def _cut(whole: Image, top: int, left: int) -> Image:
    return whole[top : top + SIDE, left : left + SIDE].copy()


def _texture(name: str) -> Image:
    """A texture of scikit-image, 512 x 512 grey; it lies in the wheel, nothing is downloaded."""
    from skimage import data

    return np.divide(getattr(data, name)(), np.float32(255), dtype=np.float32)
