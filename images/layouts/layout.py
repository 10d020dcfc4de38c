"""The contract of a reader of a folder layout: it gives every file of a set its role."""

import csv
import io
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import ClassVar, TypeVar

from images.colour import Mask
from images.dataset import GOOD
from images.errors import ImageError
from images.reading import limits
from images.reading.files import File
from images.roles.naming import Given, Role, bare, is_good, masks_beside, natural_order

TOP = "."
"""The name of a set that is in no folder of its own."""
DEFECT = "defect"
"""The kind of a defective image where a layout tells no kinds apart."""


@dataclass(frozen=True)
class Part:
    """What one file of a set is for."""

    role: Role
    kind: str | None = None
    """Of a test image."""
    reason: str = ""
    """Why it is not used, a clause that goes on after its name."""
    folder: str = ""
    """Of a file whose role is undecided: the folder that is to be given one."""
    warning: str = ""
    """What looks wrong although the role is clear, a sentence."""
    channel: int | None = None
    """Of an image: the one channel that is looked at."""
    known_class: str | None = None
    """Of a normal image, where there are several classes of them."""


NORMAL = Part("normal", GOOD)
MASK = Part("mask")


def tested(kind: str | None) -> Part:
    """The part of a test image."""
    return Part("test", kind)


def unused(reason: str) -> Part:
    """The part of a file that is not used; `reason` goes on after its name."""
    return Part("not used", reason=reason)


@dataclass(frozen=True)
class Drawing:
    """A mask that a file describes by numbers."""

    source: str
    """The name of that file."""
    what: str
    """What it holds, for a person: ``"run lengths"``."""
    draw: Callable[[int, int], Mask]
    """The mask of an image of this height and width. Raises `ImageError` when it does not fit."""


@dataclass(frozen=True)
class Reading:
    """What a layout says of the files of a set, by their names."""

    parts: Mapping[str, Part]
    drawings: Mapping[str, Drawing] = field(default_factory=dict)
    """By the name of the image."""
    note: str = ""
    """What the layout leaves open and was decided here, in sentences."""


def with_masks_beside(reading: Reading) -> Reading:
    """A reading in which an image that is called like the mask of another beside it is that mask.

    Most layouts know masks in folders of their own only, and would take others for images.
    """
    masks = masks_beside(list(reading.parts))
    parts = {
        name: MASK if name in masks and part.role in ("normal", "test") else part
        for name, part in reading.parts.items()
    }
    return replace(reading, parts=parts)


@dataclass(frozen=True)
class Listing:
    """The files of a set by their names, which begin below `root`."""

    images: Mapping[str, File]
    """Files that hold images."""
    others: Mapping[str, File] = field(default_factory=dict)
    """All other files."""
    root: str = ""
    """The folder that holds all files, with ``/``; empty for uploaded files."""
    whole: "Listing | None" = None
    """All input files, where this is a part of them."""
    given: Mapping[str, Given] = field(default_factory=dict)
    """Roles for which files were uploaded."""

    def below(self, root: str) -> "Listing":
        """The files in a folder, which is given with ``/``."""
        return Listing(
            _below(self.images, root),
            _below(self.others, root),
            self.root + root,
            self.whole or self,
            _below(self.given, root),
        )

    def only(self, keep: Callable[[str], bool]) -> "Listing":
        """The files for which `keep` holds; names stay as they are."""
        return replace(
            self,
            images={name: file for name, file in self.images.items() if keep(name)},
            others={name: file for name, file in self.others.items() if keep(name)},
            whole=self.whole or self,
        )

    def only_these(self, part: "Listing") -> "Listing":
        """The files of a part alone, by their names here."""
        return replace(
            self,
            images={part.root + name: file for name, file in part.images.items()},
            others={part.root + name: file for name, file in part.others.items()},
        )

    def only_given(self) -> "Listing":
        """The images that a person uploaded for a role."""
        images = {name: file for name, file in self.images.items() if name in self.given}
        return replace(self, images=images, others={})

    def without_given(self) -> "Listing":
        """All other files."""
        images = {name: file for name, file in self.images.items() if name not in self.given}
        return replace(self, images=images, given={})

    @property
    def every(self) -> list[str]:
        """The names of all files."""
        return [*self.images, *self.others]

    @property
    def names(self) -> list[str]:
        """The names of the images in natural order."""
        return sorted(self.images, key=natural_order)

    def text(self, name: str) -> str:
        """What a file says. Raises `ImageError` when it is too long."""
        return read_text(self.others[name])

    def marks(self, name: str) -> bool | None:
        """Whether anything is marked in an image as a mask, None when it cannot be read.

        Decodes it the first time.
        """
        looks = [page.look() for page in self.images[name].pages]
        if any(look.error is not None for look in looks):
            return None
        return any(look.marked > 0 for look in looks)


V = TypeVar("V")


def _below(files: Mapping[str, V], root: str) -> dict[str, V]:
    return {name.removeprefix(root): file for name, file in files.items() if name.startswith(root)}


class Layout(ABC):
    """A layout that is found out by itself, or chosen by a person."""

    name: ClassVar[str]
    """On the command line."""
    title: ClassVar[str]
    """For a person."""
    folders: ClassVar[str]
    """The folders that it expects, in words: ``"train/good and test/<kind>"``."""
    anchor: ClassVar[re.Pattern[str]]
    """The folders at the top of a set, as `images.roles.naming.bare` writes them."""
    by_hand: ClassVar[bool] = False
    """Whether it is never found out, only chosen."""

    def sets(self, files: Listing) -> dict[str, Listing]:
        """The sets in this layout among some files, by the folder that each is in, or `TOP`."""
        found = {root: files.below(root) for root in self._roots(files)}
        return {
            root.rstrip("/") or TOP: listing
            for root, listing in found.items()
            if self.recognises(listing)
        }

    def _roots(self, files: Listing) -> list[str]:
        """The folders, with ``/``, that hold a folder of the layout."""
        roots = set()
        for place in {name.rpartition("/")[0] for name in files.images}:
            folders = place.split("/")
            tops = (at for at, top in enumerate(folders) if self.anchor.fullmatch(bare(top)))
            at = next(tops, None)
            if at is not None:
                roots.add("".join(folder + "/" for folder in folders[:at]))
        return sorted(roots, key=natural_order)

    @abstractmethod
    def recognises(self, files: Listing) -> bool:
        """Whether these files are one set in this layout; names begin where its folders do."""

    def is_clear(self, files: Listing) -> bool:
        """Whether a set that it recognises is in it without doubt; else it must be chosen."""
        return True

    @abstractmethod
    def read(self, files: Listing) -> Reading:
        """What each image of a set is. Raises `ImageError` for labels that are not as expected.

        A file that is not in the reading has no place in the layout.
        """


class PatternLayout(Layout):
    """A layout in which the folders and the form of a name say everything."""

    places: ClassVar[Sequence[tuple[str, Part | None]]]
    """Patterns of whole names, the first that fits counts, each with the part of such a file.

    None stands for a test image whose kind is the group ``kind``.
    """
    needs: ClassVar[Sequence[str]]
    """Patterns each of which some image must fit."""
    strict: ClassVar[bool] = False
    """Whether a set with images in other places is not in this layout."""

    def recognises(self, files: Listing) -> bool:
        if not all(any(_fits(need, name) for name in files.images) for need in self.needs):
            return False
        return not self.strict or all(self._part(name) for name in files.images)

    def read(self, files: Listing) -> Reading:
        found = {name: self._part(name) for name in files.names}
        return Reading({name: part for name, part in found.items() if part is not None})

    def _part(self, name: str) -> Part | None:
        for pattern, part in self.places:
            if match := _fits(pattern, name):
                return part or tested(GOOD if is_good(match["kind"]) else match["kind"])
        return None


def _fits(pattern: str, name: str) -> re.Match[str] | None:
    return re.fullmatch(pattern, name, re.IGNORECASE)


def stem(name: str) -> str:
    """The name of a file without folders and ending."""
    return PurePosixPath(name).stem


def halved(names: Iterable[str]) -> set[str]:
    """Every second of some names in natural order, beginning with the first, in each folder."""
    by_folder: dict[str, list[str]] = {}
    for name in sorted(names, key=natural_order):
        by_folder.setdefault(name.rpartition("/")[0], []).append(name)
    return {name for group in by_folder.values() for name in group[::2]}


def read_text(file: File) -> str:
    """What a file says, in UTF-8 or else Latin-1. Raises `ImageError` when it is too long."""
    if file.size > limits.TEXT_BYTES:
        raise ImageError(
            file.name, f"has {file.size:,} bytes; the limit for labels is {limits.TEXT_BYTES:,}"
        )
    with file.open() as opened:
        data = opened.read()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def rows(file: File, *columns: str) -> Iterator[dict[str, str]]:
    """The rows of a CSV file with a first line of names.

    Raises `ImageError` when a column is missing.
    """
    reader = csv.DictReader(io.StringIO(read_text(file), newline=""), restval="")
    try:
        missing = [column for column in columns if column not in (reader.fieldnames or ())]
        if missing:
            raise ImageError(file.name, f"has no column {missing[0]!r}")
        for row in reader:
            yield {column: row[column] for column in columns}
    except csv.Error as error:
        raise ImageError(file.name, f"is not a valid CSV file: {error}") from None
