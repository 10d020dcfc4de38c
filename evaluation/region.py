"""Where figures look: a region of interest for all images, and masks of what to ignore in one.

They are apart from the defect masks, and every figure, threshold and image score respects them.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path, PurePosixPath

import numpy as np

from images.colour import Mask
from images.dataset import DataSet, Picture
from images.errors import ImageError, shown
from images.masks import Remedy, survey, to_mask
from images.reader import decode, headers


def restrict(
    data: DataSet, *, region: Mask | None = None, ignored: Mapping[str, Mask] | None = None
) -> DataSet:
    """The data set with figures looking inside `region` alone and never at what is `ignored`.

    `region` (H, W) holds for every image, `ignored` gives a mask (H, W) by the name of a picture;
    what the pictures leave out already stays left out. A comparison leaves out pictures of another
    size than theirs, and says so in a finding.
    """

    def restricted(picture: Picture) -> Picture:
        own = ignored.get(picture.name) if ignored else None
        if region is None and own is None:
            return picture
        return replace(picture, read_counted=partial(_counted, picture, region, own))

    return replace(
        data, normal=tuple(map(restricted, data.normal)), test=tuple(map(restricted, data.test))
    )


def _counted(picture: Picture, region: Mask | None, ignored: Mask | None) -> Mask:
    height, width = picture.read().shape[:2]
    before = picture.read_counted
    counted = before().copy() if before is not None else np.ones((height, width), dtype=bool)
    for name, mask in (("region of interest", region), ("ignore mask", ignored)):
        if mask is not None and mask.shape != counted.shape:
            raise ImageError(
                picture.name,
                f"is {width} x {height} pixels, but its {name} is {mask.shape[1]} x "
                f"{mask.shape[0]}",
            )
    if region is not None:
        counted &= region
    if ignored is not None:
        counted &= ~ignored
    return counted


def read_mask(
    path: Path,
    remedies: Collection[Remedy] = (),
    tell: Callable[[str], object] = lambda sentence: None,
) -> Mask:
    """The mask in a file; of the remedies, only the threshold applies.

    `tell` is called with warnings about it. Raises `ImageError`.
    """
    data = path.read_bytes()
    samples = decode(BytesIO(data), path.name, headers(BytesIO(data), path.name)[0])
    found = survey(samples)
    if found.doubt:
        tell(f"{shown(path.name)} {found.doubt}.")
    threshold: set[Remedy] = {"threshold"}
    if found.faint and threshold.isdisjoint(remedies):
        tell(
            f"{shown(path.name)} has faint pixels around the marked ones, as JPEG compression "
            "leaves them. They count as marked too."
        )
    return to_mask(samples, threshold.intersection(remedies) if found.faint else ())


def read_ignored(
    folder: Path,
    data: DataSet,
    remedies: Collection[Remedy] = (),
    tell: Callable[[str], object] = lambda sentence: None,
) -> dict[str, Mask]:
    """The ignore masks in a folder, by the names of the pictures that they belong to.

    A mask belongs to the picture whose name, without its ending, is or ends with that of the mask:
    ``scratch/000.png`` to ``test/scratch/000.tif``. Raises `ImageError` for a mask without a
    picture or with several.
    """
    found = {}
    stems = {
        picture.name: PurePosixPath(picture.name).with_suffix("").parts
        for picture in (*data.normal, *data.test)
    }
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        own = path.relative_to(folder).with_suffix("").parts
        owners = [name for name, parts in stems.items() if parts[-len(own) :] == own]
        if len(owners) != 1:
            raise ImageError(
                path.name, f"is an ignore mask of {len(owners)} images; expected the name of one"
            )
        found[owners[0]] = read_mask(path, remedies, tell)
    return found
