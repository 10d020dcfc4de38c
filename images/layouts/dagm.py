"""DAGM 2007: ten classes of textures with defects, in either of the layouts that are about.

Wieler and Hahn, Weakly supervised learning for industrial optical inspection, DAGM 2007. The
classes are 512 x 512 grey textures; the defects are marked by coarse ellipses.

- ``Class1/Train`` and ``Class1/Test`` hold PNG files, and a folder ``Label`` with a mask
  ``0576_label.PNG`` for each defective ``0576.PNG``.
- The older layout has normal images in ``Class1``, defective ones in ``Class1_def`` and there a
  ``labels.txt`` with a line an image: number, semi-major and semi-minor axis in pixels, rotation in
  radians from the x to the y axis, and x and y of the centre in pixels.

As in Aburakhia et al. 2020 half of the normal images are used for training (those of ``Train``, or
the first half), and every defective image is a test image.
"""

import re
from functools import partial

import numpy as np

from images.colour import Mask
from images.dataset import GOOD
from images.errors import ImageError
from images.layouts.layout import (
    DEFECT,
    MASK,
    NORMAL,
    Drawing,
    Layout,
    Listing,
    Part,
    Reading,
    stem,
    tested,
)
from images.layouts.registry import register
from images.roles.naming import natural_order

Ellipse = tuple[float, float, float, float, float]
"""Semi-major axis, semi-minor axis, rotation, x and y, as in ``labels.txt``."""
IMAGE = re.compile(r"(?P<split>train|test)/(?P<stem>[^/]+)", re.IGNORECASE)
LABEL = re.compile(r"(?P<split>train|test)/label/(?P<stem>[^/]+)_label", re.IGNORECASE)
CLASS = re.compile(r"class(?P<number>\d+)(?P<defective>_def)?", re.IGNORECASE)


@register
class DAGM(Layout):
    """With a folder ``Label`` of masks."""

    name = "dagm"
    title = "DAGM 2007"
    folders = "Train and Test, with a folder Label in each"
    anchor = re.compile("train|test")

    def recognises(self, files: Listing) -> bool:
        keys = [name.rpartition(".")[0] for name in files.images]
        return any(map(LABEL.fullmatch, keys)) and all(
            IMAGE.fullmatch(key) or LABEL.fullmatch(key) for key in keys
        )

    def read(self, files: Listing) -> Reading:
        keys = {name: name.rpartition(".")[0] for name in files.names}
        marked = {
            (match["split"].lower(), match["stem"])
            for key in keys.values()
            if (match := LABEL.fullmatch(key))
        }
        parts = {}
        for name, key in keys.items():
            if match := IMAGE.fullmatch(key):
                split = match["split"].lower()
                normal = NORMAL if split == "train" else tested(GOOD)
                parts[name] = tested(DEFECT) if (split, match["stem"]) in marked else normal
            elif LABEL.fullmatch(key):
                parts[name] = MASK
        return Reading(parts, note="The defective images of Train are test images too.")


@register
class DAGMEllipses(Layout):
    """With ellipses in ``labels.txt``."""

    name = "dagm-ellipses"
    title = "DAGM 2007, older layout"
    folders = "Class1 and Class1_def, with labels.txt in it"
    anchor = re.compile(r"class\d+(def)?")

    def sets(self, files: Listing) -> dict[str, Listing]:
        found = {}
        for root in self._roots(files):
            below = files.below(root)
            tops = {name.split("/")[0] for name in below.images}
            for top in sorted(tops, key=natural_order):
                match = CLASS.fullmatch(top)
                if match and not match["defective"]:
                    one = _one_class(below, top)
                    if self.recognises(one):
                        found[root + top] = one
        return found

    def recognises(self, files: Listing) -> bool:
        return any(CLASS.fullmatch(name.split("/")[0]) for name in files.images) and any(
            re.fullmatch(r"class\d+_def/labels\.txt", name, re.IGNORECASE) for name in files.others
        )

    def read(self, files: Listing) -> Reading:
        (labels,) = (name for name in files.others if name.endswith("/labels.txt"))
        ellipses = _read_ellipses(files, labels)
        names = sorted(files.names, key=lambda name: int(re.sub(r"\D", "", stem(name)) or 0))
        normal = [name for name in names if not _is_defective(name)]
        half = (len(normal) + 1) // 2
        parts = {name: NORMAL if at < half else tested(GOOD) for at, name in enumerate(normal)}
        drawings = {}
        source = files.root + labels
        for name in names:
            if _is_defective(name):
                if stem(name) not in ellipses:
                    raise ImageError(source, f"has no line for {name.rpartition('/')[2]}")
                ellipse = ellipses[stem(name)]
                parts[name] = tested(DEFECT)
                drawings[name] = Drawing(source, "ellipse", partial(ellipse_mask, ellipse))
        parts[labels] = Part("labels")
        return Reading(
            parts,
            drawings,
            "The first half of the normal images is used for training, and the others are test "
            "images.",
        )


def _one_class(files: Listing, top: str) -> Listing:
    return files.only(lambda name: name.startswith((f"{top}/", f"{top}_def/")))


def ellipse_mask(ellipse: Ellipse, height: int, width: int) -> Mask:
    """The pixels of an image of this size whose centre lies in an ellipse."""
    major, minor, angle, x, y = ellipse
    rows, columns = np.indices((height, width))
    right, down = columns - x, rows - y
    along = right * np.cos(angle) + down * np.sin(angle)
    aside = down * np.cos(angle) - right * np.sin(angle)
    mask: Mask = (along / major) ** 2 + (aside / minor) ** 2 <= 1
    return mask


def _is_defective(name: str) -> bool:
    match = CLASS.fullmatch(name.split("/")[0])
    return match is not None and match["defective"] is not None


def _read_ellipses(files: Listing, labels: str) -> dict[str, Ellipse]:
    """The ellipse of each image, by the number in its name."""
    ellipses = {}
    for count, line in enumerate(files.text(labels).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            number, major, minor, angle, x, y = map(float, line.split())
            if not (np.isfinite([number, angle, x, y]).all() and major > 0 and minor > 0):
                raise ValueError
        except ValueError:
            raise ImageError(
                files.root + labels,
                f"has a line {count} that is not six numbers (number, semi-major axis, "
                "semi-minor axis, rotation, x, y)",
            ) from None
        ellipses[str(int(number))] = (major, minor, angle, x, y)
    return ellipses
