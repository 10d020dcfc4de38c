"""The formats of annotations, and which image each annotation belongs to.

A format stands in a module of its own in this folder, with `@register` on its class; nothing else
has to name it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from images.annotations.annotation import Annotated, AnnotationFormat
from images.errors import ImageError
from images.layouts.layout import read_text
from images.reading.files import File
from images.registry import Registry, faults_of, instance
from images.roles.naming import IMAGE_FOLDERS, LABEL_WORDS, bare, folded, split_name

_parsed: "WeakKeyDictionary[File, _Parsed]" = WeakKeyDictionary()
"""What was found in each file, since a set is read again whenever a role is changed."""


@dataclass(frozen=True)
class _Parsed:
    format: str = ""
    annotated: Sequence[Annotated] = ()
    error: str = ""


@dataclass(frozen=True)
class Marks:
    """What annotations say of some images."""

    by_image: dict[str, tuple[str, Annotated]] = field(default_factory=dict)
    """For each image the file that marks it, and what it marks."""
    read: dict[str, str] = field(default_factory=dict)
    """For each file that was read the title of its format."""
    counts: dict[str, tuple[int, int]] = field(default_factory=dict)
    """For each file that was read: how many images it marks, and how many it lists."""
    errors: dict[str, str] = field(default_factory=dict)
    """Why a file could not be read, a clause that goes on after its name."""


FORMATS: Registry[AnnotationFormat] = Registry(
    "annotation format",
    "anomaly_annotations",
    ("images.annotations",),
    entry_of=instance,
    faults=faults_of(AnnotationFormat, ("name", "title", "ending")),
)
register, names, get = FORMATS.register, FORMATS.names, FORMATS.get


def marks(files: Mapping[str, File], images: Sequence[str]) -> Marks:
    """What some files that hold no image say of images, which are given by their names."""
    found = Marks()
    index: dict[str, list[str]] = {}
    for image in images:
        stem = split_name(image)[1]
        for key in {folded(image.rpartition("/")[2]), folded(stem)}:
            index.setdefault(key, []).append(image)
    for name, file in files.items():
        parsed = _parse(file)
        if parsed.error:
            found.errors[name] = parsed.error
        meant = [(_image_of(each, name, index), each) for each in parsed.annotated]
        present = {image: each for image, each in meant if image is not None}
        twice = next((image for image in present if image in found.by_image), None)
        if twice is not None:
            found.errors[name] = f"marks {twice}, which {found.by_image[twice][0]} marks already"
        elif present:
            found.by_image.update({image: (name, each) for image, each in present.items()})
            found.read[name] = get(parsed.format).title
            found.counts[name] = len(present), len(meant)
    return found


def _parse(file: File) -> _Parsed:
    if file not in _parsed:
        _parsed[file] = _parse_anew(file)
    return _parsed[file]


def _parse_anew(file: File) -> _Parsed:
    ending = "." + file.name.rpartition(".")[2].lower()
    for name in names():
        if get(name).ending == ending:
            try:
                annotated = get(name).parse(file)
            except ImageError as error:
                return _Parsed(name, error=error.reason)
            if annotated is not None:
                return _Parsed(name, annotated)
    return _Parsed()


def _image_of(each: Annotated, source: str, index: Mapping[str, list[str]]) -> str | None:
    """The image that an annotation means, or None when there is none, or several may be meant."""
    wanted = each.image.replace("\\", "/")
    near = index.get(folded(wanted.rpartition("/")[2]), [])
    if each.any_ending:
        # Files for each image are found by their names alone, so they must stand where it does.
        place = _without_words(split_name(source)[0])
        near = [image for image in near if _without_words(split_name(image)[0]) == place]
    else:
        near = [image for image in near if f"/{image}".endswith(f"/{wanted}")] or near
        folder = source.rpartition("/")[0]
        near = [image for image in near if image.rpartition("/")[0] == folder] or near
    return near[0] if len(near) == 1 else None


def _without_words(folders: Sequence[str]) -> list[str]:
    return [folder for folder in folders if bare(folder) not in IMAGE_FOLDERS | LABEL_WORDS]


def json_of(file: File) -> Any:
    """What a JSON file holds, None when it holds none. Raises `ImageError` when it is too long."""
    try:
        return json.loads(read_text(file))
    except (ValueError, RecursionError):
        return None
