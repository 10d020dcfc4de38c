"""What the name of a file says: its role, its kind, and which image a mask belongs to.

Names are compared without regard to case and to how an accented letter is composed. Nothing here
opens a file.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Literal

from images.dataset import GOOD

Role = Literal["normal", "test", "mask", "left over"]

GOOD_FOLDERS = {"good", "normal", "ok", "nondefective", "defectfree"}
TRAINING_FOLDERS = {"train", "training"} | GOOD_FOLDERS
TEST_FOLDERS = {"test", "testing"}
VALIDATION_FOLDERS = {"validation", "valid", "val"}
MASK_FOLDERS = {"groundtruth", "gt", "mask", "masks", "annotation", "annotations"}
IMAGE_FOLDERS = {"image", "images", "img", "imgs"}
ROLE_FOLDERS = TRAINING_FOLDERS | TEST_FOLDERS | VALIDATION_FOLDERS | MASK_FOLDERS

MASK_WORD = r"(?:masks?|gt|ground[ _-]?truth)"
SEPARATORS = " _.-"
SUFFIX = re.compile(rf"(?P<stem>.+)[{SEPARATORS}]{MASK_WORD}", re.IGNORECASE)
PREFIX = re.compile(rf"{MASK_WORD}[{SEPARATORS}](?P<stem>.+)", re.IGNORECASE)
LABEL = re.compile(rf"(?P<stem>.+)[{SEPARATORS}]label", re.IGNORECASE)

SYSTEM_NAMES = {"thumbs.db", "desktop.ini", "__macosx", "@eadir", "$recycle.bin"}


@dataclass(frozen=True)
class Place:
    """What the name of one file says, beside those of the others."""

    name: str
    folders: tuple[str, ...]
    """Below what all files share."""
    stem: str
    role: Role
    kind: str | None = None
    """Of a test image."""
    reason: str = ""
    """Why it is left over."""

    @property
    def where(self) -> tuple[str, ...]:
        """The folders that are neither a role nor a word for images: equal for image and mask."""
        words = (folded(folder) for folder in self.folders)
        set_aside = TEST_FOLDERS | {"train", "training"} | MASK_FOLDERS | IMAGE_FOLDERS
        return tuple(word for word in words if _bare(word) not in set_aside)


def folded(text: str) -> str:
    """The form in which names are compared."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def natural_order(name: str) -> tuple[tuple[int, str, str], ...]:
    """A sort key by which 2 comes before 10."""
    texts_and_numbers = re.split("([0-9]+)", name)
    return tuple(
        (len(part.lstrip("0")), part.lstrip("0"), part) if at % 2 else (0, folded(part), part)
        for at, part in enumerate(texts_and_numbers)
    )


def is_system_name(part: str) -> bool:
    """Whether a file or folder of this name is hidden or an operating system's own."""
    return part.startswith(".") or part.casefold() in SYSTEM_NAMES


def shared_top(names: Sequence[str]) -> str:
    """The folder, with ``/``, that all names begin with and that says no role; else ``""``."""
    tops = {name.split("/", 1)[0] if "/" in name else "" for name in names}
    if len(tops) != 1 or tops == {""}:
        return ""
    (top,) = tops
    below = [_split(name)[0][1:] for name in names]
    parts = {"train", "training"} | TEST_FOLDERS
    if _bare(top) in ROLE_FOLDERS and any(_first(path, parts) is None for path in below):
        return ""
    return top + "/"


def several_sets(names: Sequence[str]) -> list[str]:
    """The folders that each hold a data set with a ``train`` folder of its own, if several do."""
    roots = set()
    for name in names:
        folders, _ = _split(name)
        at = _first(folders, {"train", "training"})
        if at is not None:
            roots.add("/".join(folders[:at]))
    return sorted(roots, key=natural_order) if len(roots) > 1 else []


def places(names: Sequence[str]) -> list[Place]:
    """What each name says, in a set of these names.

    A folder called ``train``, ``good``, ``normal`` or ``ok`` holds normal images, ``test/<kind>``
    test images of a kind, and ``ground_truth`` or ``masks`` masks; the first such folder of a path
    decides, except that a mask folder counts anywhere. Beside a ``good`` folder without ``test``,
    the other folders hold test images of the kind that they are called. All else is a test image of
    which nobody has said the kind, or a mask by its name (``a_mask``, ``a_gt``, ``mask_a``,
    ``a.jpg.png`` beside ``a.jpg``).
    """
    split = [_split(name) for name in names]
    stems = {(folders, folded(stem)) for folders, stem in split}
    files = {
        (folders, folded(_last(name))) for name, (folders, _) in zip(names, split, strict=True)
    }
    good_depths = {at for folders, _ in split for at in _good_depth(folders)}
    train_has_good = any(_learns_from_good(folders) for folders, _ in split)
    found = []
    for name, (folders, stem) in zip(names, split, strict=True):
        doubled = "." in stem and (folders, folded(stem)) in files  # a.jpg.png beside a.jpg
        in_masks = _first(folders, MASK_FOLDERS) is not None
        if in_masks or doubled or _is_mask_name(folders, stem, stems):
            found.append(Place(name, folders, stem, "mask"))
        else:
            role, kind, reason = _image_role(
                folders, min(good_depths, default=None), train_has_good
            )
            found.append(Place(name, folders, stem, role, kind, reason))
    return found


def pair(
    masks: Sequence[Place], images: Sequence[Place]
) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Which masks belong to which image, by name alone.

    Returns the names of the masks of each image, the best first, and for each mask without an image
    the reason. An image has several where each is a part: ``ground_truth/<kind>/<stem>/1.png``.
    Any others are to be left over by the caller.
    """
    by_stem: dict[str, list[Place]] = defaultdict(list)
    for image in images:
        # By its whole name too: a.jpg.png is a mask of a.jpg.
        for stem in {folded(image.stem), folded(_last(image.name))}:
            by_stem[stem].append(image)
    paired: dict[str, list[str]] = defaultdict(list)
    alone: dict[str, str] = {}
    for mask in masks:
        chosen: list[Place] = []
        for stem, where in _stems_of_image(mask):
            chosen = chosen or _closest(mask, stem, where, by_stem[folded(stem)])
        if len(chosen) == 1:
            paired[chosen[0].name].append(mask.name)
        elif chosen:
            alone[mask.name] = f"may belong to {chosen[0].name} or {chosen[1].name}"
        else:
            alone[mask.name] = "is a mask without an image"
    return paired, alone


def is_part(mask: Place, image: Place) -> bool:
    """Whether a mask stands with others in a folder that is called as its image."""
    return bool(mask.folders) and folded(mask.folders[-1]) == folded(image.stem)


def _stems_of_image(mask: Place) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The stems that the image of a mask may have, and the folders that it may then stand in."""
    yield mask.stem, mask.where
    for pattern in (SUFFIX, PREFIX, LABEL):
        match = pattern.fullmatch(mask.stem)
        if match:
            yield match["stem"], mask.where
            yield match["stem"].strip(SEPARATORS), mask.where
    if mask.where:
        yield mask.where[-1], mask.where[:-1]


def _closest(
    mask: Place, stem: str, where: tuple[str, ...], images: Sequence[Place]
) -> list[Place]:
    """The images of a stem that a mask may belong to, narrowed down as far as names allow."""
    near = [image for image in images if _is_tail(image.where, where)]
    near = [image for image in near if image.folders == mask.folders] or near
    near = [image for image in near if image.role == "test"] or near
    near = [image for image in near if image.where == where] or near
    return [image for image in near if image.stem == stem] or near


def _is_tail(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether the shorter of two paths is how the longer ends."""
    short = min(len(one), len(other))
    return one[len(one) - short :] == other[len(other) - short :]


def _split(name: str) -> tuple[tuple[str, ...], str]:
    """Folders and stem."""
    *folders, last = name.split("/")
    return tuple(folders), last.rsplit(".", 1)[0] or last


def _last(name: str) -> str:
    """A file's name without its folders."""
    return name.rsplit("/", 1)[-1]


def _bare(folder: str) -> str:
    """A folder's name as it is looked up: ``Ground-Truth`` is ``groundtruth``."""
    return re.sub(r"[ _-]", "", folded(folder))


def _first(folders: Sequence[str], words: AbstractSet[str]) -> int | None:
    """Where the first folder of these words stands."""
    return next((at for at, folder in enumerate(folders) if _bare(folder) in words), None)


def _good_depth(folders: Sequence[str]) -> list[int]:
    """Where a folder of normal images stands that no other folder has given a role."""
    at = _first(folders, TRAINING_FOLDERS | TEST_FOLDERS | VALIDATION_FOLDERS)
    return [at] if at is not None and _bare(folders[at]) in GOOD_FOLDERS else []


def _learns_from_good(folders: Sequence[str]) -> bool:
    """Whether this is ``train/good``."""
    at = _first(folders, TRAINING_FOLDERS)
    below = folders[at + 1 : at + 2] if at is not None else []
    return any(_bare(folder) in GOOD_FOLDERS for folder in below)


def _is_mask_name(folders: tuple[str, ...], stem: str, stems: AbstractSet[tuple[Any, str]]) -> bool:
    """Whether a file outside the mask folders is called like a mask.

    A word in front of the stem, and ``label`` behind it, count only beside the image.
    """
    beside = (pattern.fullmatch(stem) for pattern in (PREFIX, LABEL))
    return bool(SUFFIX.fullmatch(stem)) or any(
        match and (folders, folded(match["stem"])) in stems for match in beside
    )


def _image_role(
    folders: tuple[str, ...], good_depth: int | None, train_has_good: bool
) -> tuple[Role, str | None, str]:
    """Role, kind, and the reason if it is left over."""
    at = _first(folders, TRAINING_FOLDERS | TEST_FOLDERS | VALIDATION_FOLDERS)
    if at is None:
        beside_good = folders[good_depth : good_depth + 1] if good_depth is not None else ()
        return "test", beside_good[0] if beside_good else None, ""
    word, below = _bare(folders[at]), folders[at + 1 : at + 2]
    good_below = any(_bare(folder) in GOOD_FOLDERS for folder in below)
    if word in TEST_FOLDERS:
        return "test", GOOD if good_below else below[0] if below else None, ""
    if word in VALIDATION_FOLDERS:
        return "left over", None, "is a validation image, which is neither learned from nor judged"
    if word not in GOOD_FOLDERS and train_has_good and below and not good_below:
        reason = "is a training image of another kind than good, and only normal ones are learned"
        return "left over", None, reason
    return "normal", GOOD, ""
