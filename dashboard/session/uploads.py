"""Files that were uploaded, and what a person has said about how to read them."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from images.dataset import DataSet
from images.errors import ImageError
from images.layouts.registry import SeveralSetsError
from images.masks.mask_file import Remedy
from images.open import Upload, named_files
from images.reading.archive import zip_files
from images.reading.files import Files
from images.roles.understanding import understand


@dataclass
class Uploads:
    """What was uploaded, and how it is read."""

    held: dict[str, list[Upload]] = field(default_factory=dict)
    """Uploaded files, by the uploader that took them."""
    changed: bool = False
    """Whether other files are held than those that were read."""
    round: int = 0
    """Counts how often all uploads were removed, which empties the uploaders."""
    files: Files | None = None
    """All that is held as one set of files; None while something else is compared."""
    roles: dict[str, str] = field(default_factory=dict)
    """Roles of files that a person has set, and of folders, with a ``/`` behind their name."""
    remedies: set[Remedy] = field(default_factory=set)
    """Remedies for masks that look wrong, as the person has asked for."""
    layout: str | None = None
    """The folder layout that was chosen; None where it is found out."""
    part: str | None = None
    """The one of several sets that was chosen."""
    parts: list[str] = field(default_factory=list)
    """The folders of several sets, of which one is chosen; empty for a single set."""
    trouble: str = ""
    """Why the files could not be understood."""
    reading_changed: bool = False
    """Whether layout or part were chosen since the files were read."""

    def hold(self, uploader: str, files: Sequence[Upload]) -> None:
        """Take the files of an uploader instead of those that it had."""
        self.held[uploader] = list(files)
        self.changed = True

    def remove_all(self) -> None:
        """Forget all files, and what to do about their masks."""
        self.held.clear()
        self.remedies.clear()
        self.round += 1
        self.changed = True

    def gather(self) -> None:
        """Make one set of files of what is held, with no roles.

        Raises `ImageError` when nothing can be read at all.
        """
        self.files, self.roles, self.trouble, self.parts = None, {}, "", []
        self.files = gather(self.held)
        if self.files is None:
            self.layout = self.part = None
            return
        if not any(file.name.startswith(f"{self.part}/") for file in self.files.files):
            self.part = None

    def understood(self) -> DataSet | None:
        """The files as they are understood, or None, with the reason in `trouble` or `parts`."""
        assert self.files is not None
        self.trouble = ""
        try:
            return understand(
                self.files, self.roles, self.remedies, layout=self.layout, part=self.part
            )
        except SeveralSetsError as error:
            self.parts = error.sets
        except ImageError as error:
            self.trouble = str(error)
        return None

    def check(self, progress: Callable[[float], None]) -> None:
        """Look at the pixels of the files."""
        assert self.files is not None
        self.files.check(progress, self.part)

    def choose_layout(self, name: str | None) -> None:
        """Read the files in a layout, when they are read next; None to find it out."""
        self.layout, self.part, self.parts, self.reading_changed = name, None, [], True

    def choose_part(self, part: str) -> None:
        """Take one of several sets, when the files are read next."""
        self.part, self.reading_changed = part, True


def gather(uploads: Mapping[str, Sequence[Upload]]) -> Files | None:
    """All uploads as one set of files; an archive stands alone."""
    archives = uploads.get("archive", [])
    if archives:
        name, data = archives[-1]
        return zip_files(data, name)
    if not any(uploads.values()):
        return None
    return named_files(
        uploads.get("normal", ()),
        uploads.get("test", ()),
        uploads.get("masks", ()),
        uploads.get("folder", ()),
    )


def carried_roles(roles: Mapping[str, str], before: Files, after: Files) -> dict[str, str]:
    """Manual roles that still hold when other files are uploaded.

    A role belongs to the pixels of an image, under whatever name it is found again, and that of a
    folder to a folder of the same name with an image that it had before.
    """
    known, present = _digests(before), _digests(after)
    names: dict[bytes, list[str]] = {}
    for name, digest in present.items():
        names.setdefault(digest, []).append(name)
    carried = {}
    for place, role in roles.items():
        if place.endswith("/"):
            within = (name for name in known if name.startswith(place))
            if any(present.get(name) == known[name] for name in within):
                carried[place] = role
        elif place in known:
            same = present.get(place) == known[place]
            carried |= dict.fromkeys([place] if same else names.get(known[place], []), role)
    return carried


def _digests(files: Files) -> dict[str, bytes]:
    """What tells the pixels of each page from others, by its name, as far as it was looked at."""
    found: dict[str, bytes] = {}
    for file in files.files:
        with suppress(ImageError):
            found |= {
                page.name: page.content.digest
                for page in file.pages
                if page.content is not None and page.content.digest
            }
    return found
