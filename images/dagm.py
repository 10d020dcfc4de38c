"""DAGM 2007: ten classes of textures with defects, in either of the layouts that are about.

Wieler and Hahn, Weakly supervised learning for industrial optical inspection, DAGM 2007. The
classes are 512 x 512 grey textures; the defects are marked by coarse ellipses.

- ``Class1/Train`` and ``Class1/Test`` hold PNG files, and a folder ``Label`` with a mask
  ``0576_label.PNG`` for each defective ``0576.PNG``.
- The older layout has normal images in ``Class1``, defective ones in ``Class1_def`` and there a
  ``labels.txt`` with a line an image: number, semi-major and semi-minor axis in pixels, rotation in
  radians from the x to the y axis, and x and y of the centre in pixels.

As in Aburakhia et al. 2020 half of the normal images are learned from (those of ``Train``, or the
first half), and every defective image is a test image.
"""

import re
from functools import partial
from os import PathLike
from pathlib import Path

import numpy as np

from images.colour import Mask
from images.dataset import GOOD, DataSet, Picture
from images.errors import ImageError
from images.reader import read_image

ABOUT = "DAGM 2007 (Wieler and Hahn); see its licence where you got it."
DEFECTIVE = "defect"
"""The kind of every defective image."""

Ellipse = tuple[float, float, float, float, float]
"""Semi-major axis, semi-minor axis, rotation, x and y, as in ``labels.txt``."""


def open_classes(folder: str | PathLike[str]) -> tuple[DataSet, ...]:
    """The classes in a folder, in order of their number, each as a data set.

    Raises `ImageError` when there is no class, or one that is not as described above.
    """
    root = Path(folder)
    found = {
        int(match[1]): path
        for path in (root.iterdir() if root.is_dir() else ())
        if path.is_dir() and (match := re.fullmatch(r"Class(\d+)", path.name))
    }
    if not found:
        raise ImageError(str(folder), "holds no class of DAGM 2007; expected folders Class1, ...")
    return tuple(_open_class(found[number]) for number in sorted(found))


def ellipse_mask(shape: tuple[int, int], ellipse: Ellipse) -> Mask:
    """The pixels of an image (H, W) whose centre lies in an ellipse."""
    major, minor, angle, x, y = ellipse
    rows, columns = np.indices(shape)
    right, down = columns - x, rows - y
    along = right * np.cos(angle) + down * np.sin(angle)
    aside = down * np.cos(angle) - right * np.sin(angle)
    mask: Mask = (along / major) ** 2 + (aside / minor) ** 2 <= 1
    return mask


def _open_class(folder: Path) -> DataSet:
    if (folder / "Train").is_dir() and (folder / "Test").is_dir():
        learned, defects = _with_masks(folder / "Train")
        unseen, more = _with_masks(folder / "Test")
        return DataSet(folder.name, learned, (*unseen, *defects, *more), ABOUT)
    defective = folder.with_name(f"{folder.name}_def")
    if not (defective / "labels.txt").is_file():
        raise ImageError(
            str(folder),
            f"has neither folders Train and Test nor a {defective.name}/labels.txt beside it",
        )
    normal = tuple(_picture(path) for path in _images(folder))
    half = (len(normal) + 1) // 2
    return DataSet(folder.name, normal[:half], (*normal[half:], *_with_ellipses(defective)), ABOUT)


def _with_masks(folder: Path) -> tuple[tuple[Picture, ...], tuple[Picture, ...]]:
    """The normal and the defective images of ``Train`` or ``Test``."""
    masks = {path.stem.removesuffix("_label"): path for path in _images(folder / "Label")}
    normal, defective = [], []
    for path in _images(folder):
        if path.stem in masks:
            defective.append(_picture(path, masks[path.stem]))
        else:
            normal.append(_picture(path))
    return tuple(normal), tuple(defective)


def _with_ellipses(folder: Path) -> tuple[Picture, ...]:
    ellipses = _read_ellipses(folder / "labels.txt")
    pictures = []
    for path in _images(folder):
        if path.stem not in ellipses:
            raise ImageError(f"{folder.name}/labels.txt", f"has no line for {path.name}")
        pictures.append(_picture(path, ellipses[path.stem]))
    return tuple(pictures)


def _read_ellipses(file: Path) -> dict[str, Ellipse]:
    """The ellipse of each image, by the number in its name."""
    ellipses = {}
    for count, line in enumerate(file.read_text().splitlines(), start=1):
        if not line.strip():
            continue
        try:
            number, major, minor, angle, x, y = map(float, line.split())
        except ValueError:
            raise ImageError(
                f"{file.parent.name}/{file.name}",
                f"has a line {count} that is not six numbers: number, semi-major and semi-minor "
                "axis, rotation, x and y",
            ) from None
        ellipses[str(int(number))] = (major, minor, angle, x, y)
    return ellipses


def _images(folder: Path) -> list[Path]:
    """The PNG files in a folder in order of the numbers in their names."""
    if not folder.is_dir():
        return []
    found = [path for path in folder.iterdir() if path.suffix.lower() == ".png"]
    return sorted(found, key=lambda path: (int(re.sub(r"\D", "", path.stem) or 0), path.name))


def _picture(path: Path, defect: Path | Ellipse | None = None) -> Picture:
    name = path.relative_to(path.parents[2 if path.parent.name in ("Train", "Test") else 1])
    return Picture(
        name.as_posix(),
        GOOD if defect is None else DEFECTIVE,
        partial(read_image, path),
        None if defect is None else partial(_read_mask, path, defect),
    )


def _read_mask(path: Path, defect: Path | Ellipse) -> Mask:
    if isinstance(defect, Path):
        marked: Mask = read_image(defect) > 0
        return marked
    return ellipse_mask(read_image(path).shape[:2], defect)
