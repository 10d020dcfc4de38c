"""A data set and arrays in the folder of a comparison, so that it can be opened again later.

Arrays are uncompressed TIFF files named by number; what they belong to stands in JSON that is
checked when it is read. Nothing that is read back can name a file or be executed.
"""

import errno
import re
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import tifffile
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from evaluation.comparison.plain_tiff import read_plain
from evaluation.comparison.region import counted_pixels
from images.colour import Image, Mask
from images.dataset import DataSet, Finding, Picture
from images.errors import AnomalyError, ImageError, shown
from images.properties import Properties, properties_of
from images.reading.intensity import Range

T = TypeVar("T")


class ComparisonError(AnomalyError):
    """A folder cannot be read as a comparison; the text is one sentence that names it."""


class WriteError(AnomalyError):
    """Something could not be written; the text is one sentence that names it."""


@contextmanager
def writing(path: Path | str) -> Iterator[None]:
    """Whatever the system says of a disk that is full or read-only becomes a `WriteError`."""
    try:
        yield
    except OSError as error:
        # tifffile looks for itself whether there is room, and gives no number then.
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, None)
        reason = "the disk is full" if full else str(error.strerror).lower()
        raise WriteError(f"{path} could not be written: {reason}.") from error


def copy_folder(source: Path, target: Path, without: Collection[str] = ()) -> None:
    """Copy a folder but for files of some names; the copy is there whole or not at all.

    Raises `WriteError`.
    """
    scratch = target.with_name(f"{target.name}.part")
    shutil.rmtree(scratch, ignore_errors=True)
    try:
        for path in [source, *source.rglob("*")]:
            copy = scratch / path.relative_to(source)
            with writing(copy):
                if path.is_dir():
                    copy.mkdir(parents=True)
                elif path.name not in without:
                    shutil.copyfile(path, copy)
        with writing(target):
            scratch.rename(target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@dataclass(frozen=True)
class StoredPicture:
    """The metadata of a stored picture."""

    name: str
    kind: str | None
    has_mask: bool
    has_counted: bool
    properties: Properties
    known_class: str | None = None


@dataclass(frozen=True)
class StoredData:
    """The metadata of a stored data set."""

    name: str
    normal: tuple[StoredPicture, ...]
    test: tuple[StoredPicture, ...]
    about: str
    synthetic: bool
    findings: tuple[Finding, ...]
    scales: Mapping[str, Range] = field(default_factory=dict)
    """See `DataSet.read_scales`; folders of earlier versions have none."""


def store_data(data: DataSet, folder: Path, on_picture: Callable[[], None]) -> StoredData:
    """Write every picture of a data set with its mask; `on_picture` is called before each.

    A picture that cannot be read, whose region of interest cannot, or that has none, is not used;
    one whose mask cannot be read is kept without it. A finding says so.
    """
    findings: list[Finding] = []
    normal = _store_pictures(data.normal, folder / "normal", on_picture, findings)
    test = _store_pictures(data.test, folder / "test", on_picture, findings)
    named = {finding.name for finding in findings}
    kept = [finding for finding in data.findings if finding.name not in named]
    return StoredData(
        data.name,
        normal,
        test,
        data.about,
        data.synthetic,
        tuple(kept + findings),
        data.read_scales(),
    )


def _store_pictures(
    pictures: Sequence[Picture],
    folder: Path,
    on_picture: Callable[[], None],
    findings: list[Finding],
) -> tuple[StoredPicture, ...]:
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    stored: list[StoredPicture] = []
    for picture in pictures:
        on_picture()
        path = array_path(folder, len(stored))
        try:
            image = picture.read()
            write_image(path, image)
            counted = counted_pixels(picture)
            if counted is not None:
                _write_mask(_mask_path(path, "counted"), counted)
        except (ImageError, ComparisonError) as error:
            findings.append(Finding(picture.name, "not used", str(error)))
            continue
        has_mask = picture.read_mask is not None
        try:
            if picture.read_mask is not None:
                mask = picture.read_mask()
                _write_mask(_mask_path(path, "mask"), mask)
                findings += _unseen(picture.name, mask, counted)
        except (ImageError, ComparisonError) as error:
            findings.append(Finding(f"the mask of {picture.name}", "not used", str(error)))
            has_mask = False
        stored.append(
            StoredPicture(
                picture.name,
                picture.kind,
                has_mask,
                counted is not None,
                properties_of(image),
                picture.known_class,
            )
        )
    return tuple(stored)


def _unseen(name: str, mask: Mask, counted: Mask | None) -> list[Finding]:
    """That a whole defect lies where no method is asked, although the image is to be flagged."""
    if counted is None or mask.shape != counted.shape or not mask.any() or (mask & counted).any():
        return []
    text = (
        f"The mask of {shown(name)} marks nothing in the region of interest, and the image is "
        "still one that methods should flag."
    )
    return [Finding(f"the mask of {name}", "not used", text)]


def open_data(stored: StoredData, folder: Path) -> DataSet:
    """The data set that `store_data` wrote."""
    return DataSet(
        stored.name,
        _open_pictures(stored.normal, folder / "normal"),
        _open_pictures(stored.test, folder / "test"),
        stored.about,
        stored.synthetic,
        tuple(map(_renamed, stored.findings)),
        read_scales=lambda: stored.scales,
    )


def _renamed(finding: Finding) -> Finding:
    """The finding with the present name of its role, which had another in older folders."""
    return replace(finding, role="not used") if finding.role == "left over" else finding


def _open_pictures(stored: Sequence[StoredPicture], folder: Path) -> tuple[Picture, ...]:
    pictures = []
    for index, picture in enumerate(stored):
        path = array_path(folder, index)
        read_mask = partial(_read_mask, _mask_path(path, "mask"))
        read_counted = partial(_read_mask, _mask_path(path, "counted"))
        pictures.append(
            Picture(
                picture.name,
                picture.kind,
                partial(read_image, path),
                read_mask if picture.has_mask else None,
                read_counted if picture.has_counted else None,
                known_class=picture.known_class,
            )
        )
    return tuple(pictures)


def array_path(folder: Path, index: int) -> Path:
    """The file of the array with a number."""
    return folder / f"{index:05d}.tiff"


def _mask_path(path: Path, kind: str) -> Path:
    return path.with_name(f"{path.stem}_{kind}.tiff")


def write_array(path: Path, array: NDArray[Any]) -> None:
    """Write an array (H, W) or (H, W, 3) that `read_array` gives back exactly."""
    with writing(path):
        tifffile.imwrite(path, array, photometric="rgb" if array.ndim == 3 else "minisblack")


def read_array(path: Path) -> NDArray[Any]:
    """An array that `write_array` wrote.

    A file that claims to hold more than its own length is refused before memory is taken. Raises
    `ComparisonError`.
    """
    try:
        plain = read_plain(path)
        if plain is not None:
            return plain
        with tifffile.TiffFile(path) as file:
            page = file.pages.first
            if page.compression != 1 or page.nbytes > path.stat().st_size:
                raise ComparisonError(
                    f"{path} does not contain the array that its header describes."
                )
            return page.asarray()
    except ComparisonError:
        raise
    except OSError as error:
        raise ComparisonError(f"{path} cannot be read: {error.strerror or error}.") from error
    except Exception as error:  # of many kinds, since tifffile trusts what a file says
        raise ComparisonError(f"{path} cannot be read: it is damaged or cut short.") from error


def write_image(path: Path, image: Image) -> None:
    """Write an image without loss: as 8 or 16 bits where these hold it exactly, else as float32."""
    for kind in (np.uint8, np.uint16):
        levels = np.rint(image * np.float32(np.iinfo(kind).max)).astype(kind)
        if np.array_equal(_from_levels(levels), image):
            return write_array(path, levels)
    return write_array(path, image)


def read_image(path: Path) -> Image:
    """The image that `write_image` wrote. Raises `ComparisonError` when it is something else."""
    levels = read_array(path)
    if levels.dtype not in (np.uint8, np.uint16, np.float32) or levels.ndim not in (2, 3):
        raise ComparisonError(f"{path} is not an image; it contains {levels.dtype} {levels.shape}.")
    return _from_levels(levels)


def _from_levels(levels: NDArray[Any]) -> Image:
    if levels.dtype.kind == "f":
        return levels.astype(np.float32, copy=False)
    return levels.astype(np.float32) / np.float32(np.iinfo(levels.dtype).max)


def _write_mask(path: Path, mask: Mask) -> None:
    write_array(path, np.where(mask, np.uint8(255), np.uint8(0)))


def _read_mask(path: Path) -> Mask:
    return read_array(path) > 0


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that is there whole or not at all; raises `WriteError`."""
    scratch = path.with_suffix(".part")
    with writing(path):
        try:
            scratch.write_bytes(content)
            scratch.replace(path)
        except OSError:
            scratch.unlink(missing_ok=True)
            raise


def write_json(path: Path, value: object) -> None:
    """Write a dataclass as JSON, as `write_whole` does."""
    write_whole(path, TypeAdapter(type(value)).dump_json(value, indent=2))


def read_json(path: Path, kind: type[T]) -> T:
    """The dataclass that `write_json` wrote; raises `ComparisonError` when it is something else."""
    try:
        return TypeAdapter(kind).validate_json(path.read_bytes())
    except OSError as error:
        raise ComparisonError(f"{path} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the whole"
        raise ComparisonError(f"{path} is damaged at {place}: {first['msg']}.") from error


LONGEST_NAME = 250
"""Letters of a folder's name; file systems allow 255, and a copy bears ``.part`` for a while."""


def folder_names(labels: Sequence[str]) -> list[str]:
    """Labels as names of folders beside one another on every system, unequal for unequal labels.

    A label whose name would be too long, or that of another label but for capitals, has a digest
    at its end.
    """
    plain = [folder_name(label) for label in labels]
    owners: dict[str, set[str]] = {}
    for name, label in zip(plain, labels, strict=True):
        owners.setdefault(name.lower(), set()).add(label)
    return [
        name
        if len(owners[name.lower()]) == 1 and len(name) <= LONGEST_NAME
        else f"{name[: LONGEST_NAME - 9]}-{_digest(label)}"
        for name, label in zip(plain, labels, strict=True)
    ]


def _digest(label: str) -> str:
    return blake2b(label.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()


def folder_name(text: str, otherwise: str = "method") -> str:
    """A text as the name of a folder on every system; `otherwise` where nothing is left of it."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip(".-") or otherwise
