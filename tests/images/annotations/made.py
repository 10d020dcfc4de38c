"""What an annotation file makes of one image."""

import numpy as np

from images.dataset import DataSet
from images.open import named_files
from images.roles.understanding import understand
from tests.images.layouts.made import image

HEIGHT, WIDTH = 6, 8


def data_set(files: dict[str, bytes], roles: dict[str, str] | None = None) -> DataSet:
    """Two test images of which nobody has said the kind, with more files."""
    pile = {"a.png": image(1), "b.png": image(2), **files}
    return understand(named_files(pile=pile.items(), name="set"), roles)


def pixels(data: DataSet, name: str) -> list[list[int]] | None:
    """Rows and columns of the marked pixels, None where there is no mask."""
    (picture,) = (picture for picture in data.test if picture.name == name)
    return None if picture.read_mask is None else np.argwhere(picture.read_mask()).tolist()


def kinds(data: DataSet) -> dict[str, str | None]:
    return {picture.name: picture.kind for picture in data.test}


def box(rows: range, columns: range) -> list[list[int]]:
    """All pixels of some rows and columns."""
    return [[row, column] for row in rows for column in columns]


def finding(data: DataSet, name: str) -> tuple[str, str, str]:
    """Role, text and warning."""
    (found,) = (found for found in data.findings if found.name == name)
    return found.role, found.text, found.warning
