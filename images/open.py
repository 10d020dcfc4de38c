"""The front doors: a folder, an archive or uploaded files become a data set."""

from collections.abc import Iterable, Iterator
from os import PathLike
from pathlib import Path
from typing import IO

from images.dataset import DataSet
from images.errors import ImageError
from images.layouts.registry import SeveralSetsError
from images.reading.archive import zip_files
from images.reading.files import Files, folder_files, uploaded_files
from images.roles.understanding import understand

Upload = tuple[str, bytes]
"""The name of a file, perhaps with folders, and its bytes."""


def find_files(path: str | PathLike[str]) -> Files:
    """The files at a path: a folder's or an archive's. Raises `ImageError` when it is neither."""
    try:
        is_folder, is_there = Path(path).is_dir(), Path(path).exists()
    except OSError as error:
        raise ImageError(str(path), f"cannot be opened: {error.strerror}") from error
    if is_folder:
        return folder_files(path)
    if not is_there:
        raise ImageError(str(path), "does not exist; expected a folder or a ZIP archive")
    return zip_files(path)


def named_files(
    normal: Iterable[Upload] = (),
    test: Iterable[Upload] = (),
    masks: Iterable[Upload] = (),
    pile: Iterable[Upload] = (),
    name: str = "upload",
) -> Files:
    """Files given by role, or in a pile where folders and names say the role."""
    return uploaded_files(pile, name, {"normal": normal, "test": test, "masks": masks})


def open_path(path: str | PathLike[str]) -> DataSet:
    """The data set in a folder or a ZIP archive."""
    return understand(find_files(path))


def open_sets(path: str | PathLike[str]) -> Iterator[DataSet]:
    """The data sets in a folder or a ZIP archive, one after the other where there are several."""
    files = find_files(path)
    try:
        yield understand(files)
    except SeveralSetsError as several:
        for part in several.sets:
            yield understand(files, part=part)


def open_folder(folder: str | PathLike[str]) -> DataSet:
    """The data set in a folder."""
    return understand(folder_files(folder))


def open_zip(archive: str | PathLike[str] | bytes | IO[bytes], name: str = "") -> DataSet:
    """The data set in a ZIP archive: its path, its bytes or an open file."""
    return understand(zip_files(archive, name))


def from_files(
    normal: Iterable[Upload] = (),
    test: Iterable[Upload] = (),
    masks: Iterable[Upload] = (),
    pile: Iterable[Upload] = (),
    name: str = "upload",
) -> DataSet:
    """The data set of uploaded files, by role or in a pile."""
    return understand(named_files(normal, test, masks, pile, name))
