"""Tiny images and masks of which a test makes a data set."""

import numpy as np

from images.dataset import DataSet
from images.open import named_files
from images.roles.understanding import understand
from tests.odd_input.encoding import encoded, grey

HEIGHT, WIDTH = 6, 8


def image(seed: int = 0, format: str = "PNG") -> bytes:
    """Noise."""
    return encoded(grey(HEIGHT, WIDTH, seed), format)


def mask(value: int = 255, format: str = "PNG") -> bytes:
    """A mask with two pixels of a value: rows 1 and 2 of column 3."""
    pixels = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    pixels[1:3, 3] = value
    return encoded(pixels, format)


BROKEN = encoded(grey(200, 300), "PNG")[:-400]
"""An image whose header can be read, and whose pixels cannot."""
EMPTY = encoded(np.zeros((HEIGHT, WIDTH), dtype=np.uint8), "PNG")


def read(
    files: dict[str, bytes], layout: str | None = None, part: str | None = None, name: str = "set"
) -> DataSet:
    """The data set that these files are."""
    return understand(named_files(pile=files.items(), name=name), layout=layout, part=part)


def learned(data: DataSet) -> list[str]:
    """The names of the normal images."""
    return [picture.name for picture in data.normal]


def judged(data: DataSet) -> dict[str, tuple[str | None, int | None]]:
    """The kind of each test image, and how many pixels its own mask marks."""
    return {
        picture.name: (
            picture.kind,
            int(picture.read_mask().sum()) if picture.read_mask is not None else None,
        )
        for picture in data.test
    }


def unused(data: DataSet) -> dict[str, str]:
    """Why each file is not used."""
    return {finding.name: finding.text for finding in data.findings if finding.role == "not used"}
