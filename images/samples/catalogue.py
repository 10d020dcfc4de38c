"""Sample data without a download: textures with painted defects, drawn objects, and digits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from images.colour import Image
from images.dataset import GOOD, DataSet, Finding, Picture
from images.samples.defects import DEFECTS, Defective

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
    "Synthetic: the photograph of {texture} in scikit-image (CC0), cut into tiles that do "
    "not overlap, normal and test in turn like a chessboard; on half of the test tiles defects are "
    "painted."
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
    "circuit-board": Sample(
        "Circuit board, drawn (synthetic)",
        "Synthetic: drawn by a program, a small circuit board always at the same place as under a "
        "fixed camera, with missing, rotated and wrong parts, scratches and stains.",
    ),
    "digits": Sample(
        "Handwritten digits, one of them normal",
        "Handwritten digits from scikit-learn (Alpaydin and Kaynak, UCI Machine Learning "
        "Repository, CC BY 4.0), enlarged from 8 x 8 to 64 x 64 pixels by bicubic interpolation. "
        "The digit 0 is normal; all other digits are anomalies, as whole images without masks.",
    ),
    "digits-classes": Sample(
        "Handwritten digits, six of them known classes",
        "Handwritten digits from scikit-learn (Alpaydin and Kaynak, UCI Machine Learning "
        "Repository, CC BY 4.0), enlarged from 8 x 8 to 64 x 64 pixels by bicubic interpolation. "
        "The digits 0 to 5 are known classes of normal images; 6 to 9 are unknown, for open set "
        "recognition.",
    ),
    "wafers": Sample(
        "Wafer maps, drawn, nine known patterns (synthetic)",
        "Synthetic: maps of failing dies on wafers, drawn by a program, one pixel for a die. Nine "
        "patterns are known classes of normal images; donut, fingerprints, half moon and zigzag "
        "are unknown, for open set recognition.",
    ),
}


def samples() -> Mapping[str, Sample]:
    """The names of all samples, each with its title and what it is."""
    return _SAMPLES


DIGIT = 0
"""The handwritten digit that is normal."""
KNOWN_DIGITS = 6
"""Digits from 0 upwards that are known classes."""
UNKNOWN_PATTERNS = {"donut", "fingerprints", "half moon", "zigzag"}
"""Patterns of wafer maps that are in no known class."""
DIGIT_SIDE = 64
"""In pixels, of 8 by 8 before."""


@cache
def load_sample(name: str) -> DataSet:
    """A sample by name, the same each time. Raises KeyError when there is none of that name.

    Cost: below two seconds the first time, kept in memory after that (a few megabytes).
    """
    sample = _SAMPLES[name]
    if name in _CLASSES:
        pictures = _pictures_of_classes(*_CLASSES[name]())
    else:
        normal, test = _images_of(name)
        pictures = {
            "normal": [_picture("train", at, GOOD, image) for at, image in enumerate(normal)],
            "test": [_picture("test", at, kind, image) for at, (kind, image) in enumerate(test)],
        }
    findings = [
        Finding(
            picture.name,
            role,
            f"{sample.title}: image of kind {picture.kind}"
            + (f", class {picture.known_class}." if picture.known_class else "."),
        )
        for role, group in pictures.items()
        for picture in group
    ]
    return DataSet(
        name,
        tuple(pictures["normal"]),
        tuple(pictures["test"]),
        sample.about,
        synthetic=not name.startswith("digits"),
        findings=tuple(findings),
    )


def _picture(part: str, number: int, kind: str, image: Image | Defective) -> Picture:
    name = f"{part}/{kind}/{number:02}.png"
    if isinstance(image, Defective):
        return Picture(name, kind, image.image.copy, image.mask.copy)
    return Picture(name, kind, image.copy)


ImagesOfClasses = Mapping[str, list[Image]]
"""Images by their class."""


def _pictures_of_classes(train: ImagesOfClasses, test: ImagesOfClasses) -> dict[str, list[Picture]]:
    """Normal images of known classes, and test images of these and of others."""
    known = [
        Picture(f"train/{name}/{at:02}.png", GOOD, image.copy, known_class=name)
        for name, images in train.items()
        for at, image in enumerate(images)
    ]
    judged = [
        Picture(
            f"test/{name}/{at:02}.png",
            GOOD if name in train else name,
            image.copy,
            known_class=name if name in train else None,
        )
        for name, images in test.items()
        for at, image in enumerate(images)
    ]
    return {"normal": known, "test": judged}


def _digits_of_classes() -> tuple[ImagesOfClasses, ImagesOfClasses]:
    """30 normal images of each known digit, and for testing 10 of it and 10 of each other digit."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    train: dict[str, list[Image]] = {}
    test: dict[str, list[Image]] = {}
    for digit in range(10):
        own = [_enlarged(image) for image in digits.images[digits.target == digit][:40]]
        known = digit < KNOWN_DIGITS
        test[str(digit)] = own[3::4]
        if known:
            train[str(digit)] = [image for at, image in enumerate(own) if at % 4 != 3]
    return train, test


def _wafers() -> tuple[ImagesOfClasses, ImagesOfClasses]:
    """20 normal maps of each known pattern, and for testing 8 of every pattern."""
    from images.samples.wafers import PATTERNS, draw_wafer

    drawn = {
        pattern: [draw_wafer(pattern, np.random.default_rng([at, number])) for number in range(28)]
        for at, pattern in enumerate(PATTERNS)
    }
    known = {name: images[8:] for name, images in drawn.items() if name not in UNKNOWN_PATTERNS}
    return known, {name: images[:8] for name, images in drawn.items()}


_CLASSES: Mapping[str, Callable[[], tuple[ImagesOfClasses, ImagesOfClasses]]] = {
    "digits-classes": _digits_of_classes,
    "wafers": _wafers,
}
"""What draws or loads the samples with known classes."""


def _images_of(name: str) -> tuple[list[Image], list[tuple[str, Image | Defective]]]:
    """The normal images of a sample, and the test images with their kinds."""
    if name == "nanofibres":
        from images.samples import nanofibres

        return nanofibres.draw_sample(seed=0)
    if name == "circuit-board":
        from images.samples import circuit_board

        return circuit_board.draw_sample(seed=0)
    return _digits_sample() if name == "digits" else _texture_sample(name)


def _digits_sample() -> tuple[list[Image], list[tuple[str, Image | Defective]]]:
    """40 normal images of one digit, and for testing 20 of it and 2 of each other digit.

    Normal and test are taken in turn, because the digits of one writer follow each other.
    """
    from sklearn.datasets import load_digits

    digits = load_digits()
    own, *others = (
        [_enlarged(image) for image in digits.images[digits.target == digit][:count]]
        for digit, count in [(DIGIT, 60), *((digit, 2) for digit in range(10) if digit != DIGIT)]
    )
    test: list[tuple[str, Image | Defective]] = [(GOOD, image) for image in own[2::3]]
    kinds = [f"digit {digit}" for digit in range(10) if digit != DIGIT]
    test += [(kind, image) for kind, images in zip(kinds, others, strict=True) for image in images]
    return [image for at, image in enumerate(own) if at % 3 != 2], test


def _enlarged(digit: NDArray[np.float64]) -> Image:
    """A digit of 8 x 8 pixels from 0 to 16, eight times as large by bicubic interpolation."""
    small = Pillow.fromarray(np.rint(digit * 255 / 16).astype(np.uint8))
    large = small.resize((DIGIT_SIDE, DIGIT_SIDE), Pillow.Resampling.BICUBIC)
    return np.divide(np.asarray(large), np.float32(255), dtype=np.float32)


def _texture_sample(texture: str) -> tuple[list[Image], list[tuple[str, Image | Defective]]]:
    """13 normal and 12 test images: the tiles of a texture like the squares of a chessboard.

    So no two images share a pixel, and every part of the photograph occurs among both. Every other
    test tile stays good.
    """
    normal: list[Image] = []
    free: list[Image] = []
    for row, column in np.ndindex(TILES, TILES):
        (free if (row + column) % 2 else normal).append(_tile(texture, row, column))
    rng = np.random.default_rng(TEXTURES.index(texture))
    test: list[tuple[str, Image | Defective]] = [(GOOD, image) for image in free[::2]]
    others = [_tile(name, 0, 0) for name in FOREIGN[texture]]
    for at, image in enumerate(free[1::2]):
        kind = list(DEFECTS)[at % len(DEFECTS)]
        test.append((kind, DEFECTS[kind](image, others[at % len(others)], rng)))
    return normal, test


def _tile(texture: str, row: int, column: int) -> Image:
    """A square of a texture; what the squares leave over is a margin of one pixel."""
    top, left = row * SIDE + 1, column * SIDE + 1
    return _texture(texture)[top : top + SIDE, left : left + SIDE].copy()


def _texture(name: str) -> Image:
    """A texture of scikit-image, 512 x 512 grey; it lies in the wheel, nothing is downloaded."""
    from skimage import data

    return np.divide(getattr(data, name)(), np.float32(255), dtype=np.float32)
