"""Files that a person gives, as a folder or an upload, and what has been learned of each.

A file is opened only where its bytes are needed, and never written. What is learned of it (headers,
and after `Files.check` whether all its pixels can be read) is kept, so that a set of them can be
understood again at once when a role is changed manually.
"""

import io
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from itertools import count
from pathlib import Path, PurePosixPath
from typing import IO

import numpy as np

from images.colour import Mask
from images.dataset import Finding
from images.errors import ImageError, shown
from images.facts import Tone, tone_of
from images.masks.mask_file import Survey, survey
from images.reading import limits
from images.reading.intensity import Range, common_range
from images.reading.page import Header, Samples
from images.reading.reader import decode, headers, value_range
from images.roles.naming import Given, is_system_name, natural_order, shared_top

COMPARISON_FILES = ("comparison.json", "comparison.part")
"""One of them is in the folder of a comparison: the second until all images are stored."""
METHOD_FILES = ("/result.json", "/failure.json", "/model.safetensors")
"""One of them is in the folder of each method, beside the folders of images."""


class File(ABC):
    """One file with a name, which may have folders in it, separated by ``/``."""

    def __init__(self, name: str, size: int) -> None:
        self.name = name
        self.given = name
        """The name before a number was added to tell it from another file's."""
        self.size = size
        self.handed_in: Given | None = None
        """The role for which a person uploaded it."""
        self._pages: tuple[Page, ...] | None = None
        self._channels: dict[int, tuple[Page, ...]] = {}

    @abstractmethod
    def open(self) -> IO[bytes]:
        """The file from its first byte; it can be sought in."""

    @property
    def pages(self) -> "tuple[Page, ...]":
        """Its images, by header alone. Raises `ImageError` when there is none that can be read."""
        if self._pages is None:
            self._pages = self._read_headers()
        return self._pages

    def channel(self, index: int) -> "tuple[Page, ...]":
        """Its images as one channel of theirs, or as they are where they have one only."""
        if index not in self._channels:
            self._channels[index] = tuple(ChannelPage(page, index) for page in self.pages)
        return self._channels[index]

    def _read_headers(self) -> "tuple[Page, ...]":
        if self.size > limits.FILE_BYTES:
            raise ImageError(
                self.name, f"has {self.size:,} bytes; the limit is {limits.FILE_BYTES:,} bytes"
            )
        with self.open() as opened:
            found = headers(opened, self.name)
        if len(found) == 1:
            return (Page(self, found[0], self.name),)
        return tuple(Page(self, header, f"{self.name}#{header.index + 1}") for header in found)


@dataclass(frozen=True)
class Content:
    """What a page holds, once all of it has been decoded."""

    error: str | None = None
    """Why it cannot be used, a clause without its name."""
    values: Range | None = None
    common: Range | None = None
    """The values without outliers, if the set decides which is black and which is white."""
    digest: bytes = b""
    """Equal for equal pixels."""
    empty: float = 0.0
    """Which part of it has no data."""
    survey: Survey | None = None
    """What it holds as a mask."""
    tone: Tone | None = None
    """How bright it is and in how many channels; None where it cannot be read."""

    @property
    def marked(self) -> float:
        """Which part of it is marked as a mask; 0 where it cannot be read."""
        return self.survey.marked if self.survey is not None else 0.0


@dataclass(eq=False)
class Page:
    """One image of a file."""

    file: File
    header: Header
    name: str
    """The file's, with ``#2`` for the second of several pages."""
    content: Content | None = field(default=None, init=False)
    """None until the pixels have been looked at."""
    drawn: "dict[tuple[str, str], DrawnPage]" = field(default_factory=dict, init=False)
    """Masks for it that are described by numbers, by the file and the kind of numbers."""

    @property
    def seen(self) -> Content | None:
        """What is known of its pixels; None when nobody has looked at them."""
        return self.content

    def decode(self) -> Samples:
        """Its samples. Raises `ImageError` when they cannot be read."""
        with self.file.open() as opened:
            return decode(opened, self.name, self.header)

    def look(self) -> Content:
        """What the page holds; the pixels are decoded the first time only."""
        if self.content is None:
            try:
                samples = self.decode()
            except ImageError as error:
                self.content = Content(error.reason)
            else:
                self.content = Content(
                    None,
                    value_range(samples),
                    common_range(samples.values) if self.header.scale is None else None,
                    _digest(samples),
                    0.0 if samples.empty is None else float(samples.empty.mean()),
                    survey(samples),
                    tone_of(samples),
                )
        return self.content


def _digest(samples: Samples) -> bytes:
    """Equal for equal pixels."""
    samples = samples.without_idle_alpha()
    whole = blake2b(repr((samples.values.shape, samples.inverted)).encode(), digest_size=16)
    whole.update(samples.values.tobytes())
    if samples.alpha is not None:
        whole.update(samples.alpha.tobytes())
    return whole.digest()


class ChannelPage(Page):
    """One channel of a page, as a grey image."""

    def __init__(self, whole: Page, index: int) -> None:
        super().__init__(whole.file, replace(whole.header, colour=f"channel {index}"), whole.name)
        self.index = index
        self.whole = whole

    @property
    def seen(self) -> Content | None:
        return self.content or self.whole.content

    def decode(self) -> Samples:
        samples = super().decode()
        values = samples.values if samples.values.ndim == 2 else samples.values[..., self.index]
        return replace(samples, values=np.ascontiguousarray(values), alpha=None)


class DrawnPage(Page):
    """A mask that a file describes by numbers, as large as the image that it belongs to."""

    def __init__(self, image: Page, source: str, what: str, draw: Callable[[int, int], Mask]):
        header = Header(
            image.header.index,
            what,
            image.header.width,
            image.header.height,
            "1-bit",
            "mask",
            np.dtype(np.uint8),
            Range(0, 255),
        )
        super().__init__(image.file, header, f"{source} ({what})")
        self._draw = draw

    def decode(self) -> Samples:
        mask = self._draw(self.header.height, self.header.width)
        return Samples(np.where(mask, np.uint8(255), np.uint8(0)))


@dataclass(frozen=True)
class Files:
    """What a person has given: files in natural order, and what was refused."""

    name: str
    files: tuple[File, ...]
    refused: tuple[Finding, ...] = ()

    def refusals(self) -> tuple[str, ...]:
        """Why files were refused, a sentence each; nothing of hidden and system files."""
        return tuple(
            finding.text
            for finding in self.refused
            if not any(is_system_name(part) for part in finding.name.split("/") if part != "..")
        )

    def check(
        self, progress: Callable[[float], None] = lambda fraction: None, part: str | None = None
    ) -> None:
        """Decode every image once, so that `understand` knows which cannot be read.

        With `part`, those alone whose names begin so. `progress` is called with fractions that rise
        to 1 and may raise to stop; what has been looked at by then stays known.
        """
        progress(0.0)
        folder = part if part and part != "." else ""
        files = [file for file in self.files if file.name.startswith(folder)]
        for number, file in enumerate(files, start=1):
            try:
                pages = file.pages
            except ImageError:
                pages = ()  # `understand` says why
            for page in pages:
                page.look()
                progress((number - 1 + (page is pages[-1])) / len(files))
        progress(1.0)


class FileOnDisk(File):
    """A file of a folder."""

    def __init__(self, name: str, path: Path) -> None:
        super().__init__(name, path.stat().st_size)
        self.path = path

    def open(self) -> IO[bytes]:
        try:
            return self.path.open("rb")
        except OSError as error:
            raise ImageError(self.name, f"cannot be opened: {error.strerror}") from error


class Upload(File):
    """A file whose bytes are in memory."""

    def __init__(self, name: str, data: bytes) -> None:
        super().__init__(name, len(data))
        self.data = data

    def open(self) -> IO[bytes]:
        return io.BytesIO(self.data)


def not_used(name: str, reason: str) -> Finding:
    """The finding of a file that is not used; `reason` goes on after its name."""
    return Finding(name, "not used", f"{shown(name)} {reason}.")


def stored_comparisons(names: Iterable[str]) -> Callable[[str], bool]:
    """Whether a comparison stored the file of a name, from all names of a set.

    A comparison keeps copies of its images, which must not be taken for images of the set when it
    was told to write into the folder that it reads.
    """
    names = list(names)
    folders = [
        folder + "/" if folder else ""
        for folder, _, last in (name.rpartition("/") for name in names)
        if last in COMPARISON_FILES
    ]
    within = tuple(folder for folder in folders if folder)
    if "" in folders:
        methods = {name.split("/")[0] for name in names if name.endswith(METHOD_FILES)}
        within += ("data/", *(f"{method}/" for method in methods))
    return lambda name: name.startswith(within)


def folder_files(folder: str | os.PathLike[str]) -> Files:
    """All files under a folder, through links too; hidden ones are not used.

    Raises `ImageError` when there is no such folder, or more in it than the limit.
    """
    root = Path(folder)
    if not root.is_dir():
        raise ImageError(str(folder), "is not a folder")
    found: list[File] = []
    refused: list[Finding] = []
    waiting: list[tuple[Path, frozenset[Path]]] = [(root, frozenset())]
    while waiting:
        place, above = waiting.pop()
        real = place.resolve()
        if real in above:
            refused.append(not_used(_below(root, place), "is a link to a folder that contains it"))
            continue
        try:
            paths = list(place.iterdir())
        except OSError as error:
            refused.append(not_used(_below(root, place), f"cannot be opened: {error.strerror}"))
            continue
        for path in paths:
            if is_system_name(path.name):
                refused.append(not_used(_below(root, path), "is a hidden or system file"))
            elif path.is_dir():
                waiting.append((path, above | {real}))
            elif path.is_file():
                found.append(FileOnDisk(_below(root, path), path))
            else:
                refused.append(not_used(_below(root, path), "is not a regular file"))
        check_count(str(folder), len(found) + len(refused))
    return in_order(root.resolve().name, found, refused)


def _below(root: Path, path: Path) -> str:
    """The name of a path in a folder."""
    return encodable(path.relative_to(root).as_posix())


def uploaded_files(
    uploads: Iterable[tuple[str, bytes]],
    name: str = "upload",
    by_role: Mapping[Given, Iterable[tuple[str, bytes]]] | None = None,
) -> Files:
    """Files from names and bytes; a name may be a path whose folders say what the file is.

    Those in `by_role` were given for a role, and stand in a folder that is called so. Raises
    `ImageError` when there are more than the limit.
    """
    found: dict[str, Upload] = {}
    refused: list[Finding] = []
    handed_in: list[tuple[Given | None, str, bytes]] = [
        (role, f"{role}/{given}", data)
        for role, files in (by_role or {}).items()
        for given, data in files
    ]
    for role, given, data in [*handed_in, *((None, *upload) for upload in uploads)]:
        plain = encodable(given.replace("\\", "/").lstrip("/"))
        if any(is_system_name(part) for part in plain.split("/")):
            refused.append(not_used(plain, "is a hidden or system file"))
        elif plain in found and found[plain].data == data:
            refused.append(not_used(plain, "is a copy of another file with the same name"))
        else:
            own = _free_name(plain, found)
            found[own] = Upload(own, data)
            found[own].given, found[own].handed_in = plain, role
        check_count(name, len(found) + len(refused))
    return in_order(name, list(found.values()), refused)


def _free_name(name: str, taken: Container[str]) -> str:
    """The name, or for a second file that has it, perhaps from another folder, ``a (2).png``."""
    if name not in taken:
        return name
    path = PurePosixPath(name)
    numbered = (path.with_stem(f"{path.stem} ({number})").as_posix() for number in count(2))
    return next(other for other in numbered if other not in taken)


def in_order(name: str, found: Sequence[File], refused: Sequence[Finding]) -> Files:
    """`Files` in natural order, without a folder that all are in; it names the set instead.

    Of two files with one name the second is refused.
    """
    top = shared_top([file.name for file in found])
    kept: dict[str, File] = {}
    twice = list(refused)
    for file in found:
        file.name, file.given = file.name.removeprefix(top), file.given.removeprefix(top)
        if file.name in kept:
            twice.append(not_used(file.name, "has the same name as another file"))
        else:
            kept[file.name] = file
    ordered = sorted(kept.values(), key=lambda file: natural_order(file.name))
    return Files(top.rstrip("/") or name, tuple(ordered), tuple(twice))


def check_count(name: str, count: int) -> None:
    """Raise `ImageError` when there are more files than the limit."""
    if count > limits.ENTRIES:
        raise ImageError(
            name, f"holds {count:,} files or more; the limit is {limits.ENTRIES:,} files"
        )


def encodable(name: str) -> str:
    """The name without what no text file can hold: bytes of a name in an unknown encoding."""
    return name.encode("utf-8", "replace").decode("utf-8")
