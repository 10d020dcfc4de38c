"""Sample data without a download: textures with painted defects, and drawn nanofibres."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from images.colour import Image
from images.dataset import GOOD, DataSet, Finding, Picture
from images.defects import DEFECTS, Defective

TEXTURES = ("brick", "grass", "gravel")
SIDE = 192
TOPS = range(0, 321, 64)
GOOD_TEST = 4
"""Normal test images of a texture."""


@dataclass(frozen=True)
class Sample:
    """What a person reads before choosing a sample."""

    title: str
    about: str


_PAINTED = (
    "Synthetic: the photograph of {texture} in scikit-image (CC0), cut into normal images from its "
    "left half and test images from its right half, on which defects are painted."
)
SAMPLES: Mapping[str, Sample] = {
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
    return SAMPLES


@cache
def load_sample(name: str) -> DataSet:
    """A sample by name, the same each time. Raises KeyError when there is none of that name.

    Cost: below two seconds the first time, kept in memory after that (a few megabytes).
    """
    sample = SAMPLES[name]
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
        defective = image
        return Picture(name, kind, lambda: defective.image, lambda: defective.mask)
    normal = image
    return Picture(name, kind, lambda: normal)


def _texture_sample(texture: str) -> tuple[list[Image], list[tuple[str, Image | Defective]]]:
    """Normal images from the left half of a texture, test images from the right half."""
    whole = _texture(texture)
    half = whole.shape[1] // 2
    normal = list(_crops(whole[:, :half]))
    clean = list(_crops(whole[:, half:]))
    rng = np.random.default_rng(sum(texture.encode()))
    rng.shuffle(clean)
    test: list[tuple[str, Image | Defective]] = [(GOOD, image) for image in clean[:GOOD_TEST]]
    others = [_texture(name)[:SIDE, :SIDE] for name in TEXTURES if name != texture]
    for at, image in enumerate(clean[GOOD_TEST:]):
        kind = list(DEFECTS)[at % len(DEFECTS)]
        test.append((kind, DEFECTS[kind](image, others[at % len(others)], rng)))
    return normal, test


def _crops(strip: Image) -> Iterator[Image]:
    for left in (0, strip.shape[1] - SIDE):
        for top in TOPS:
            yield np.ascontiguousarray(strip[top : top + SIDE, left : left + SIDE])


def _texture(name: str) -> Image:
    """A texture of scikit-image, 512 x 512 grey; it lies in the wheel, nothing is downloaded."""
    from skimage import data

    return np.divide(getattr(data, name)(), np.float32(255), dtype=np.float32)
