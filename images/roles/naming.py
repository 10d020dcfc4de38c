"""What the name of a file says: its role, its kind, and which image a mask belongs to.

Names are compared without regard to case and to how an accented letter is composed. Nothing here
opens a file.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from images.dataset import GOOD
from images.errors import shown

Role = Literal["normal", "test", "mask", "labels", "not used", "undecided"]
Given = Literal["normal", "test", "masks"]
"""The role for which a person uploaded a file."""

GOOD_WORDS = {"good", "normal", "ok", "nondefective", "defectfree", "nodefect", "nodefects"}
VIEW_WORDS = {"front", "back", "top", "bottom", "side", "part", "parts", "sample", "samples"}
"""What may stand beside a word for normal, as in ``ok_front``."""
IMAGE_FOLDERS = {"image", "images", "img", "imgs", "rgb", "depth", "xyz"}
SPLIT_WORDS = {
    "train": "train",
    "training": "train",
    "test": "test",
    "testing": "test",
    "eval": "test",
    "evaluation": "test",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
}
SPLIT = re.compile(rf"(?P<split>{'|'.join(SPLIT_WORDS)})(?:[a-z]|sets?|data|images?|imgs?)?")
"""The first word of a folder of a split, as in ``test_public`` and ``Train Images``."""
SPLIT_REST = {"set", "sets", "data", "public", "private", "mixed", "all", "full", "new"}
"""What may stand behind the word for a split and says nothing of what is in the folder."""
MASK_FOLDERS = {
    "groundtruth",
    "gt",
    "mask",
    "masks",
    "maskimages",
    "annotation",
    "annotations",
    "segmentation",
    "segmentations",
}
LABEL_WORDS = {"label", "labels", "seg", "mask", "masks", "gt"}
"""With what a folder of masks may end, as ``anomaly_mask`` does, and a kind as well.

It holds masks where it stands for a folder of images of the same names.
"""

MASK_WORD = r"(?:masks?|gt|ground[ _-]?truth)"
SEPARATORS = " _.-"
SUFFIX = re.compile(rf"(?P<stem>.+)[{SEPARATORS}]{MASK_WORD}", re.IGNORECASE)
NUMBERED = re.compile(rf"(?P<stem>.+)[{SEPARATORS}]{MASK_WORD}[{SEPARATORS}]?\d+", re.IGNORECASE)
"""One mask of several: ``a_mask_1``, ``a_mask2``."""
PREFIX = re.compile(rf"{MASK_WORD}[{SEPARATORS}](?P<stem>.+)", re.IGNORECASE)
LABEL = re.compile(
    rf"(?P<stem>.+)[{SEPARATORS}](?:label|seg|segmentation|annotation)", re.IGNORECASE
)
"""What names a mask only beside its image or in a folder of masks."""

NAMES_KEPT = 4096
"""Names of folders of which it is remembered what they say, since most files share theirs."""
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
    """Why it is not used, or what is not known of it."""
    folder: str = ""
    """Of a file whose role is undecided: the folder that is to be given one."""
    warning: str = ""
    """What looks wrong although the role is clear, a sentence."""

    @property
    def where(self) -> tuple[str, ...]:
        """The folders that are neither a role nor a word for images: equal for image and mask."""
        return _where(self.folders)


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


@lru_cache(NAMES_KEPT)
def split_of(folder: str) -> str | None:
    """Which split a folder is by its name, ``"train"``, ``"test"`` or ``"validation"``, or None."""
    words = re.match(r"[a-z]+", folded(folder))
    match = SPLIT.fullmatch(words[0]) if words else None
    return SPLIT_WORDS[match["split"]] if match else None


@lru_cache(NAMES_KEPT)
def _rest_of_split(folder: str) -> str:
    """What the name of a folder of a split says beside: ``bad`` of ``train_bad``, else ``""``."""
    words = re.split(r"[ _-]+", folded(folder))[1:]
    known = SPLIT_REST | VIEW_WORDS | IMAGE_FOLDERS
    said = [word for word in words if word not in known and len(word) > 1]
    return " ".join(word for word in said if not any(map(str.isdigit, word)))


@lru_cache(NAMES_KEPT)
def is_good(folder: str) -> bool:
    """Whether the name of a folder says that what is in it is normal."""
    if bare(folder) in GOOD_WORDS:
        return True
    words = re.split(r"[ _-]+", folded(folder))
    rest = [word for word in words if word not in GOOD_WORDS]
    return len(rest) < len(words) and all(word in VIEW_WORDS | IMAGE_FOLDERS for word in rest)


def shared_top(names: Sequence[str]) -> str:
    """The folder, with ``/``, that all names begin with and that says no role; else ``""``."""
    tops = {name.split("/", 1)[0] if "/" in name else "" for name in names}
    if len(tops) != 1 or tops == {""}:
        return ""
    (top,) = tops
    below = [split_name(name)[0][1:] for name in names]
    says_role = split_of(top) or is_good(top) or bare(top) in MASK_FOLDERS or _may_be_masks(top)
    if says_role and any(_split_depth(path, "train", "test") is None for path in below):
        return ""
    return top + "/"


def several_sets(names: Sequence[str]) -> list[str]:
    """The folders that each hold a data set with a ``train`` folder of its own, if several do."""
    roots = set()
    for name in names:
        folders, _ = split_name(name)
        at = _split_depth(folders, "train")
        if at is not None:
            roots.add("/".join(folders[:at]))
    return sorted(roots, key=natural_order) if len(roots) > 1 else []


def places(names: Sequence[str], given: Mapping[str, Given] | None = None) -> list[Place]:
    """What each name says, in a set of these names; `given` are roles that a person gave.

    A folder called ``train``, ``good``, ``normal`` or ``ok`` holds normal images, ``test/<kind>``
    test images of a kind, and ``ground_truth`` or ``masks`` masks; the first such folder of a path
    decides, except that a mask folder counts anywhere. Where there is a ``train`` folder, nothing
    outside it is used for training; where a folder in it says nothing (``train/0``), the role of
    what it holds is undecided. Beside a ``good`` folder without ``train``, the other folders hold
    test images of the kind that they are called. All else is a test image of unknown kind, or a
    mask by its name (``a_mask``, ``a_gt``, ``mask_a``, ``a.jpg.png`` beside ``a.jpg``).
    """
    given = given or {}
    context = _Context(names)
    found = []
    for name in names:
        folders, stem = split_name(name)
        said = given.get(name)
        look = _mask_by_name(folders, stem, context)
        in_masks = _mask_folder(folders, stem, context)
        if said == "masks" or (said != "normal" and (look or in_masks)):
            found.append(Place(name, folders, stem, "mask"))
        elif said == "normal":
            warning = (
                f"{shown(name)} is named like the mask of another image, but was uploaded as "
                "normal."
                if look and context.has_beside(folders, stem)
                else ""
            )
            found.append(Place(name, folders, stem, "normal", GOOD, warning=warning))
        else:
            found.append(_image_place(name, folders, stem, context))
    return found


def masks_beside(names: Sequence[str]) -> set[str]:
    """The names that are called like the mask of an image in the same folder."""
    context = _Context(names)
    return {name for name in names if context.has_beside(*split_name(name))}


class _Context:
    """What the names of a set say together."""

    def __init__(self, names: Sequence[str]) -> None:
        split = [split_name(name) for name in names]
        self.files = {
            (folders, folded(_last(name))) for name, (folders, _) in zip(names, split, strict=True)
        }
        self.beside = {(folders, folded(stem)) for folders, stem in split}
        self.by_stem: dict[str, set[tuple[str, ...]]] = defaultdict(set)
        for name, (folders, stem) in zip(names, split, strict=True):
            if not any(map(_may_be_masks, folders)):
                for each in (stem, _last(name)):
                    self.by_stem[folded(each)].add(_without_image_words(folders))
        train = [
            (folders, at)
            for folders, _ in split
            if (at := _split_depth(folders, "train")) is not None
            and not any(map(_may_be_masks, folders))
        ]
        self.has_train = bool(train)
        self.train_has_good = any(
            is_good(_rest_of_split(folders[at])) or any(map(is_good, folders[at + 1 :]))
            for folders, at in train
        )
        self.test_has_good = any(
            split_of(folder) == "test" and is_good(_rest_of_split(folder))
            for folders, _ in split
            for folder in folders
        )
        self.good_depth = min(
            (at for folders, _ in split for at in _good_depth(folders)), default=None
        )

    def has_beside(self, folders: tuple[str, ...], stem: str) -> bool:
        """Whether the image of which a name looks like the mask is in the same folder."""
        if "." in stem and (folders, folded(stem)) in self.files:
            return True  # a.jpg.png beside a.jpg
        beside = ((folders, folded(image)) for image in image_stems(stem))
        return any(place in self.beside or place in self.files for place in beside)


def image_stems(stem: str) -> list[str]:
    """The stems that the image of a mask with this stem may have, by the words in its name."""
    found = []
    for pattern in (SUFFIX, PREFIX, LABEL, NUMBERED):
        match = pattern.fullmatch(stem)
        if match:
            found += [match["stem"], match["stem"].strip(SEPARATORS)]
    return found


def pair(
    masks: Sequence[Place], images: Sequence[Place]
) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Which masks belong to which image, by name alone.

    Returns the names of the masks of each image, the best first, and for each mask without an image
    the reason. An image has several where each is a part: ``ground_truth/<kind>/<stem>/1.png``.
    The caller does not use any others.
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
    """Whether a mask is one of several: numbered, or in a folder that is called as its image."""
    in_folder = bool(mask.folders) and folded(mask.folders[-1]) == folded(image.stem)
    return in_folder or NUMBERED.fullmatch(mask.stem) is not None


def _stems_of_image(mask: Place) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The stems that the image of a mask may have, and the folders that it may then stand in."""
    yield mask.stem, mask.where
    for stem in image_stems(mask.stem):
        yield stem, mask.where
    if mask.where:
        yield mask.where[-1], mask.where[:-1]


def _closest(
    mask: Place, stem: str, where: tuple[str, ...], images: Sequence[Place]
) -> list[Place]:
    """The images of a stem that a mask may belong to, narrowed down as far as names allow."""
    near = [image for image in images if _is_tail(image.where, where)]
    split = _first_split(mask.folders)
    if split is not None:
        near = [image for image in near if _first_split(image.folders) == split]
    near = [image for image in near if image.folders == mask.folders] or near
    near = [image for image in near if image.role == "test"] or near
    near = [image for image in near if image.where == where] or near
    return [image for image in near if image.stem == stem] or near


def _is_tail(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether the shorter of two paths is how the longer ends."""
    short = min(len(one), len(other))
    return one[len(one) - short :] == other[len(other) - short :]


def split_name(name: str) -> tuple[tuple[str, ...], str]:
    """Folders and stem."""
    *folders, last = name.split("/")
    return tuple(folders), last.rsplit(".", 1)[0] or last


def _last(name: str) -> str:
    """A file's name without its folders."""
    return name.rsplit("/", 1)[-1]


@lru_cache(NAMES_KEPT)
def bare(folder: str) -> str:
    """A folder's name as it is looked up: ``Ground-Truth`` is ``groundtruth``."""
    return re.sub(r"[ _-]", "", folded(folder))


def _where(folders: Sequence[str]) -> tuple[str, ...]:
    return tuple(
        folded(folder)
        for folder in folders
        if split_of(folder) not in ("train", "test")
        and bare(folder) not in MASK_FOLDERS | IMAGE_FOLDERS
        and not _may_be_masks(folder)
    )


@lru_cache(NAMES_KEPT)
def _may_be_masks(folder: str) -> bool:
    """Whether a folder may hold masks, or images of a kind that is called so."""
    return (
        bare(folder) not in MASK_FOLDERS and re.split(r"[ _-]", folded(folder))[-1] in LABEL_WORDS
    )


def _split_depth(folders: Sequence[str], *splits: str) -> int | None:
    """Where the first folder of these splits stands."""
    return next((at for at, folder in enumerate(folders) if split_of(folder) in splits), None)


def _first_split(folders: Sequence[str]) -> str | None:
    return next((split for folder in folders if (split := split_of(folder))), None)


def _good_depth(folders: Sequence[str]) -> list[int]:
    """Where a folder of normal images stands that is in no split."""
    for at, folder in enumerate(folders):
        if split_of(folder):
            break
        if is_good(folder):
            return [at]
    return []


def _without_image_words(folders: Sequence[str]) -> tuple[str, ...]:
    words = (folded(folder) for folder in folders)
    return tuple(word for word in words if bare(word) not in IMAGE_FOLDERS)


def _mask_folder(folders: tuple[str, ...], stem: str, context: _Context) -> bool:
    """Whether a file lies in a folder of masks.

    A folder called ``labels`` is one where it takes the place of a folder of images, or where it
    stands on top and an image of the same name is somewhere.
    """
    if any(bare(folder) in MASK_FOLDERS for folder in folders):
        return True
    at = next((at for at, folder in enumerate(folders) if _may_be_masks(folder)), None)
    if at is None:
        return False
    rest = _without_image_words(folders[:at] + folders[at + 1 :])
    on_top = at == 0 and not (context.good_depth == 0 and bare(folders[0]) == "label")
    for image in [stem, *image_stems(stem)]:
        wheres = context.by_stem.get(folded(image), set())
        if rest in wheres or (on_top and any(_is_tail(rest, where) for where in wheres)):
            return True
    return False


def _mask_by_name(folders: tuple[str, ...], stem: str, context: _Context) -> bool:
    """Whether a file outside the mask folders is called like a mask.

    A word in front of the stem, `LABEL` behind it, and a number mean one only beside the image. In
    a folder that says a role, so does a word behind the stem: ``train/good/golf GT.jpg`` is a car.
    """
    if context.has_beside(folders, stem):
        return True
    says_role = any(split_of(folder) or is_good(folder) for folder in folders)
    if not SUFFIX.fullmatch(stem):
        return False
    if not says_role:
        return True
    where = _where(folders)
    return any(
        _is_tail(where, _where(other))
        for image in image_stems(stem)
        for other in context.by_stem.get(folded(image), ())
    )


def _image_place(name: str, folders: tuple[str, ...], stem: str, context: _Context) -> Place:
    """What the name of an image says."""
    at = _split_depth(folders, "train", "test", "validation")
    good_at = next((at for at, folder in enumerate(folders) if is_good(folder)), None)
    split = None if at is None else split_of(folders[at])
    if good_at is not None and not context.has_train and (at is None or good_at < at):
        return Place(name, folders, stem, "normal", GOOD)
    if at is None:
        depth = context.good_depth
        beside = folders[depth : depth + 1] if depth is not None else ()
        kind = GOOD if good_at is not None else beside[0] if beside else None
        return Place(name, folders, stem, "test", kind)
    below = [folder for folder in folders[at + 1 :] if bare(folder) not in IMAGE_FOLDERS]
    rest = _rest_of_split(folders[at])
    if rest and (split == "train" or (context.test_has_good and not below)):
        below = [rest, *below]
    if split == "test":
        kind = None if not below else GOOD if is_good(below[0]) else below[0]
        return Place(name, folders, stem, "test", kind)
    if split == "validation":
        reason = "is a validation image; these are not used"
        return Place(name, folders, stem, "not used", reason=reason)
    return _training_place(name, folders, stem, below, at, context)


def _training_place(
    name: str,
    folders: tuple[str, ...],
    stem: str,
    below: Sequence[str],
    at: int,
    context: _Context,
) -> Place:
    """What the name of an image in a training folder says; `below` are the folders in it."""
    if any(map(is_good, [*folders, *below])) or not (below or context.train_has_good):
        return Place(name, folders, stem, "normal", GOOD)
    if context.train_has_good:
        reason = "is a training image outside the folder of good images, so it is not used"
        return Place(name, folders, stem, "not used", reason=reason)
    inside = below[0] in folders[at + 1 :]
    folder = "/".join(folders[: folders.index(below[0], at + 1) + 1 if inside else at + 1])
    reason = f"is in {shown(folder)}; it is unknown whether that folder contains normal images"
    return Place(name, folders, stem, "undecided", reason=reason, folder=folder)
