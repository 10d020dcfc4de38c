"""Where new images come from: a folder, an archive or single files, one after the other.

Only names are held in memory, and of a folder only those of one subfolder at a time.
"""

import os
import stat
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from evaluation.bundle.bundle import BundleError
from evaluation.bundle.output import PREDICTIONS, RUN
from images.errors import ImageError, shown
from images.reading.archive import Entry, is_archive, zip_files
from images.reading.files import File, FileOnDisk, encodable
from images.roles.naming import is_system_name, natural_order


@dataclass(frozen=True)
class Arrived:
    """A file that may hold images."""

    file: File
    modified: str
    """When it was last written: ISO 8601, to the microsecond."""
    age: float = float("inf")
    """Seconds since then."""


class Source(ABC):
    """Files in an order that stays the same."""

    refused: tuple[str, ...] = ()
    """Why files are not looked at, a sentence each."""

    @abstractmethod
    def files(self) -> Iterator[Arrived]:
        """The files, each looked at when it is asked for; one that is gone by then is left out."""

    @abstractmethod
    def count(self) -> int:
        """How many there are now."""


class FolderSource(Source):
    """The files under a folder, in natural order of their names, but for what lies in `without`.

    Hidden and system files are passed over, and so are subfolders into which predictions were
    written. Links to folders are followed, unless to one above. Raises `BundleError` when `without`
    is the folder itself.
    """

    def __init__(self, folder: Path, without: Path) -> None:
        self._folder = folder
        self._without = without.resolve()
        if folder.resolve() == self._without:
            raise BundleError(
                f"--out {shown(str(without))} is the folder of the images; expected another one, "
                "which may lie in it."
            )

    def files(self) -> Iterator[Arrived]:
        for name, path in self._below("", self._folder, frozenset(), _in_natural_order):
            if (found := on_disk(name, path)) is not None:
                yield found

    def count(self) -> int:
        return sum(1 for _ in self._below("", self._folder, frozenset(), _as_found))

    def _below(
        self,
        name: str,
        path: Path,
        above: frozenset[Path],
        order: Callable[[list[str]], list[str]],
    ) -> Iterator[tuple[str, Path]]:
        if not path.is_dir():
            yield encodable(name), path
            return
        real = path.resolve()
        if real in above or real == self._without:
            return
        names = _names_in(path)
        if name and {PREDICTIONS, RUN} <= set(names):
            return
        for entry in order(names):
            own = f"{name}/{entry}" if name else entry
            yield from self._below(own, path / entry, above | {real}, order)


def _in_natural_order(names: list[str]) -> list[str]:
    return sorted(names, key=natural_order)


def _as_found(names: list[str]) -> list[str]:
    return names


def _names_in(folder: Path) -> list[str]:
    """What a folder holds; nothing where it is gone or cannot be opened."""
    try:
        return [name for name in os.listdir(folder) if not is_system_name(name)]
    except OSError:
        return []


class ArchiveSource(Source):
    """The files of a ZIP archive, none of which is written to disk."""

    def __init__(self, path: Path) -> None:
        found = zip_files(path)
        self._files = found.files
        self.refused = found.refusals()

    def files(self) -> Iterator[Arrived]:
        for file in self._files:
            assert isinstance(file, Entry)
            # Another of the same archive, so that what is read of it is not kept.
            yield Arrived(file.again(), file.written.isoformat(timespec="microseconds"))

    def count(self) -> int:
        return len(self._files)


class FilesSource(Source):
    """Single files, in the order in which they were given, each once."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = list(dict.fromkeys(paths))

    def files(self) -> Iterator[Arrived]:
        for path in self._paths:
            if (found := on_disk(encodable(path.as_posix()), path)) is not None:
                yield found

    def count(self) -> int:
        return len(self._paths)


def on_disk(name: str, path: Path) -> Arrived | None:
    """A file with the time at which it was last written; None where there is no regular file."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            return None
        written = found.st_mtime
        return Arrived(
            FileOnDisk(name, path),
            datetime.fromtimestamp(written, UTC).isoformat(timespec="microseconds"),
            datetime.now(UTC).timestamp() - written,
        )
    except OSError:
        return None


def source_of(paths: Sequence[Path], without: Path) -> Source:
    """What a person has given: one folder, one ZIP archive, or image files.

    `without` is a folder that is passed over. Raises `BundleError` when something is not there or
    kinds are mixed, and `ImageError` for an archive that cannot be used.
    """
    for path in paths:
        if not path.exists():
            raise BundleError(f"{shown(str(path))} does not exist; expected images.")
    if len(paths) == 1 and paths[0].is_dir():
        return FolderSource(paths[0], without)
    if len(paths) == 1 and _is_archive(paths[0]):
        return ArchiveSource(paths[0])
    for path in paths:
        if path.is_dir() or _is_archive(path):
            raise BundleError(
                f"{shown(str(path))} is a folder or an archive; expected it alone, or images only."
            )
    return FilesSource(paths)


def _is_archive(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return is_archive(file.read(4))
    except OSError as error:
        raise ImageError(str(path), f"cannot be opened: {error.strerror}") from error
