"""The region of interest: one for all images, and masks of what to ignore in one image.

They are separate from the defect masks; all metrics, thresholds and image scores respect them.
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
from images.masks.mask_file import Remedy, survey, to_mask
from images.reading.reader import decode, headers
from images.roles.naming import is_system_name

Tell = Callable[[str], object]
"""Is called with a sentence for a person."""


def _silent(sentence: str) -> None:
    pass


def restrict(
    data: DataSet, *, region: Mask | None = None, ignored: Mapping[str, Mask] | None = None
) -> DataSet:
    """The data set with `region` as region of interest, without what is `ignored`.

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


def counted_pixels(picture: Picture) -> Mask | None:
    """The pixels of a picture that count, (H, W); None for all of them.

    Raises `ImageError` when they cannot be told, or when there is none.
    """
    if picture.read_counted is None:
        return None
    counted = picture.read_counted()
    if not counted.any():
        raise ImageError(picture.name, "has no pixels in the region of interest")
    return counted


def read_mask(path: Path, remedies: Collection[Remedy] = (), tell: Tell = _silent) -> Mask:
    """The mask in a file; of the remedies, only the threshold applies.

    `tell` is called with warnings about it. Raises `ImageError` when it holds none, or several.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ImageError(str(path), f"cannot be opened: {reason}; expected a mask") from error
    pages = headers(BytesIO(data), path.name)
    if len(pages) > 1:
        raise ImageError(path.name, f"has {len(pages)} pages; expected one mask")
    samples = decode(BytesIO(data), path.name, pages[0])
    found = survey(samples)
    if found.doubt:
        tell(f"{shown(path.name)} {found.doubt}.")
    threshold: set[Remedy] = {"threshold"}
    if found.faint and threshold.isdisjoint(remedies):
        tell(
            f"{shown(path.name)} has faint pixels around the mask, as left by JPEG compression. "
            "They are treated as marked."
        )
    return to_mask(samples, threshold.intersection(remedies) if found.faint else ())


def read_region(path: Path, remedies: Collection[Remedy] = (), tell: Tell = _silent) -> Mask:
    """The region of interest in a mask file, read like `read_mask`.

    Raises `ImageError` also when nothing is marked.
    """
    region = read_mask(path, remedies, tell)
    if not region.any():
        raise ImageError(path.name, "has no marked pixels; the region of interest would be empty")
    return region


def read_ignored(
    folder: Path,
    data: DataSet,
    remedies: Collection[Remedy] = (),
    tell: Tell = _silent,
) -> dict[str, Mask]:
    """The ignore masks in a folder, by the names of the pictures that they belong to.

    A mask belongs to the picture whose name, without its ending, is or ends with that of the mask:
    ``scratch/000.png`` to ``test/scratch/000.tif``. Hidden and system files are passed over. Raises
    `ImageError` when there is no such folder or no mask in it, and for a mask without a picture,
    with several, or beside another mask of its picture.
    """
    if not folder.is_dir():
        raise ImageError(str(folder), "does not exist; expected a folder of ignore masks")
    found: dict[str, Mask] = {}
    stems = {
        picture.name: PurePosixPath(picture.name).with_suffix("").parts
        for picture in (*data.normal, *data.test)
    }
    for path in _mask_files(folder):
        own = path.relative_to(folder).with_suffix("").parts
        owners = [name for name, parts in stems.items() if parts[-len(own) :] == own]
        if len(owners) != 1:
            raise ImageError(
                path.name, f"matches {len(owners)} images as an ignore mask; expected one"
            )
        if owners[0] in found:
            raise ImageError(path.name, f"is a second ignore mask of {shown(owners[0])}")
        found[owners[0]] = read_mask(path, remedies, tell)
    if not found:
        raise ImageError(str(folder), "contains no ignore masks")
    return found


def _mask_files(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not any(map(is_system_name, path.relative_to(folder).parts))
    )
