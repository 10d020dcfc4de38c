"""Files become a data set: the role of each, its mask, and a sentence on how it was understood."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from threading import Lock

import numpy as np

from images import mask_repairs
from images.colour import Image, Mask
from images.dataset import GOOD, DataSet, Finding, Picture
from images.errors import ImageError, shown
from images.files import Content, File, Files, Page, left_over
from images.intensity import Range, is_far, shared_scale
from images.mask_repairs import MaskRepairs
from images.masks import Remedy, check_mask_size
from images.naming import Place, Role, is_part, natural_order, pair, places, several_sets
from images.reader import to_image

ROLES = ("normal", "test", "test/good", "mask", "left over")
"""What `understand` takes as a role given by hand, beside ``"test/<kind>"`` of any kind."""


def understand(
    files: Files,
    roles: Mapping[str, str] | None = None,
    remedies: Collection[Remedy] = (),
) -> DataSet:
    """The data set that these files are, read by their headers alone.

    `roles` are given by hand and win over what names say: the name of a file or page, as a
    `Finding` has it, and one of `ROLES`. The same files and roles give the same data set; with
    other roles it takes a moment, since the headers are known by then. What `Files.check` has found
    is used: a page that cannot be read is left over.

    `remedies` are applied to the masks whose `Finding` offers them; this decodes all masks.

    Raises `ImageError` when the files are several data sets.
    """
    findings: dict[str, Finding] = {}
    readable: list[File] = []
    for file in files.files:
        try:
            _ = file.pages
        except ImageError as error:
            findings[file.name] = left_over(file.name, error.reason)
        else:
            readable.append(file)
    names = [file.name for file in readable]
    sets = several_sets(names)
    if sets:
        listed = ", ".join(map(shown, sets[:5])) + (", ..." if len(sets) > 5 else "")
        raise ImageError(files.name, f"holds {len(sets)} data sets ({listed}); expected one")
    said = places([file.given for file in readable])
    placed = [replace(place, name=name) for place, name in zip(said, names, strict=True)]
    uses = _uses(readable, placed, roles or {})
    for use in uses:
        if use.role == "left over":
            findings[use.page.name] = left_over(use.page.name, use.reason)
    repairs = MaskRepairs([use.page for use in uses if use.role == "mask"], remedies)
    _give_masks(uses, repairs, findings)
    normal = [use for use in uses if use.role == "normal"]
    test = [use for use in uses if use.role == "test"]
    scales = _scales(normal, test)
    _describe(normal, test, scales, findings)
    told = sorted([*findings.values(), *files.refused], key=lambda each: natural_order(each.name))
    return DataSet(
        files.name,
        tuple(_picture(use, scales, repairs) for use in normal),
        tuple(_picture(use, scales, repairs) for use in test),
        findings=tuple(told),
    )


def problem(data: DataSet) -> str | None:
    """Why no comparison can be run on a data set, one sentence, or None."""
    if not data.normal:
        return (
            f"{shown(data.name)} has no normal image to learn from; "
            "expected some in a folder train/good or given as normal."
        )
    if not data.test:
        return (
            f"{shown(data.name)} has no test image; "
            "expected some in folders such as test/good and test/scratch or given as test."
        )
    return None


@dataclass(eq=False)
class _Use:
    """A page and what it is used for."""

    page: Page
    place: Place
    """Of its file."""
    role: Role
    kind: str | None
    reason: str
    """Why it is left over."""
    masks: list[Page] = field(default_factory=list)


def _uses(files: Sequence[File], placed: Sequence[Place], roles: Mapping[str, str]) -> list[_Use]:
    uses = []
    for file, place in zip(files, placed, strict=True):
        for page in file.pages:
            role, kind, reason = place.role, place.kind, place.reason
            given = roles.get(page.name, roles.get(file.name))
            if given is not None:
                role, kind, reason = _by_hand(given)
            if page.content is not None and page.content.error is not None:
                role, kind, reason = "left over", None, page.content.error
            uses.append(_Use(page, place, role, kind, reason))
    return uses


def _by_hand(given: str) -> tuple[Role, str | None, str]:
    """Role, kind and reason of a role given by hand."""
    if given.startswith("test/") and len(given) > len("test/"):
        return "test", given.removeprefix("test/"), ""
    if given == "normal":
        return "normal", GOOD, ""
    if given == "test":
        return "test", None, ""
    if given == "mask":
        return "mask", None, ""
    if given == "left over":
        return "left over", None, "is left out by hand"
    raise ValueError(f"{given!r} is no role; expected one of {', '.join(ROLES)} or test/<kind>.")


def _give_masks(uses: Sequence[_Use], repairs: MaskRepairs, findings: dict[str, Finding]) -> None:
    """Give each mask page to the page that it belongs to, or say why it is left over."""
    images: dict[str, list[_Use]] = {}
    masks: dict[str, list[_Use]] = {}
    for use in uses:
        if use.role != "left over":
            (masks if use.role == "mask" else images).setdefault(use.place.name, []).append(use)
    paired, alone = pair(
        [use[0].place for use in masks.values()],
        [_as_used(use[0]) for use in images.values()],
    )
    for name, reason in alone.items():
        for mask in masks[name]:
            findings[mask.page.name] = left_over(mask.page.name, reason)
    for name, mask_names in paired.items():
        for mask_name in mask_names:
            _give_file(masks[mask_name], images[name], repairs, findings)


def _as_used(use: _Use) -> Place:
    """The place of an image with the role that it has, perhaps by hand."""
    place = use.place
    return Place(place.name, place.folders, place.stem, use.role)


def _give_file(
    masks: Sequence[_Use],
    images: Sequence[_Use],
    repairs: MaskRepairs,
    findings: dict[str, Finding],
) -> None:
    """Give the pages of a mask file to the pages of its image, one by one."""
    for mask in masks:
        page = mask.page
        offered: tuple[Remedy, ...] = ()
        owner = next((use for use in images if use.page.header.index == page.header.index), None)
        try:
            if owner is None or len(page.file.pages) != len(owner.page.file.pages):
                raise ImageError(
                    page.name,
                    f"is a mask of {len(page.file.pages)} pages, but its image "
                    f"{shown(images[0].place.name)} has {len(images[0].page.file.pages)}",
                )
            if owner.role == "normal":
                raise ImageError(
                    page.name, f"is a mask of {shown(owner.page.name)}, which is a normal image"
                )
            if owner.masks and not is_part(mask.place, owner.place):
                raise ImageError(
                    page.name,
                    f"is a second mask of {shown(owner.page.name)}, which has "
                    f"{shown(owner.masks[0].name)}",
                )
            offered = repairs.offered(page, owner.page)
            if "resize" not in repairs.taken(page, owner.page):
                check_mask_size(page.name, page.header, owner.page.name, owner.page.header)
        except ImageError as error:
            finding = left_over(page.name, error.reason)
            findings[page.name] = replace(finding, remedies=offered)
        else:
            owner.masks.append(page)
            findings[page.name] = Finding(
                page.name,
                "mask",
                f"Mask of {shown(owner.page.name)}: {page.header}{repairs.done(page, owner.page)}.",
                _mask_warning(page, owner, repairs),
                offered,
            )


def _mask_warning(mask: Page, owner: _Use, repairs: MaskRepairs) -> str:
    name = shown(mask.name)
    warnings = []
    if owner.page.header.orientation != 1 and mask.header.orientation == 1:
        warnings.append(
            f"Its image {shown(owner.page.name)} is turned by an orientation that it holds, and "
            f"{name} is not: see whether they fit."
        )
    warnings += repairs.doubts(mask, owner.page)
    marked = repairs.marked(mask, owner.page)
    if marked == 0 and owner.kind not in (GOOD, None):
        warnings.append(
            f"{name} has no defective pixel, but its image is of kind {shown(str(owner.kind))}."
        )
    if marked and owner.kind == GOOD:
        warnings.append(f"{name} has defective pixels, but its image is said to be good.")
    return " ".join(warnings)


def _describe(
    normal: Sequence[_Use],
    test: Sequence[_Use],
    scales: Mapping[str, "_SharedScale"],
    findings: dict[str, Finding],
) -> None:
    """A finding for each image."""
    learned = {use.page.content.digest: use.page.name for use in normal if use.page.content}
    for use in [*normal, *test]:
        page, content = use.page, use.page.content
        text = str(page.header)
        told = scales.get(page.header.samples.str) if page.header.scale is None else None
        if told is not None and told.is_known():
            scale = told()
            ends = (scale.low, scale.high)
            black, white = ends[::-1] if page.header.white_is_zero else ends
            text += f"; black is {black:g}, white {white:g}, from the {told.source} images"
        if page.file.given != page.file.name:
            text += f"; uploaded as {shown(page.file.given)}, the name of another file too"
        if use.masks:
            text += f"; mask {', '.join(shown(mask.name) for mask in use.masks)}"
        if use.role == "normal":
            text = f"Normal image: {text}."
        elif use.kind is None:
            text = f"Test image of which nobody has said the kind: {text}."
        else:
            text = f"Test image of kind {shown(use.kind)}: {text}."
        warnings = []
        if content is not None and content.values:
            warnings += _brightness_warnings(page, content, told)
        if use.role == "test" and content is not None and content.digest in learned:
            warnings.append(
                f"{shown(page.name)} is also learned from, as {shown(learned[content.digest])}: "
                "its score says nothing."
            )
        findings[page.name] = Finding(page.name, use.role, text, " ".join(warnings))


def _brightness_warnings(page: Page, content: Content, told: "_SharedScale | None") -> list[str]:
    """Warnings about the values of an image, in sentences."""
    values, name = content.values, shown(page.name)
    assert values is not None
    warnings = []
    if values.low == values.high:
        warnings.append(f"{name} is of one single brightness.")
    if content.empty:
        warnings.append(
            f"{content.empty:.1%} of {name} has no data: these pixels are left out of all metrics, "
            "and methods see the nearest valid value instead."
        )
    if told is not None and told.is_known() and content.common is not None:
        scale = told()
        if is_far(values, content.common, scale):
            warnings.append(
                f"{name} has values from {values.low:g} to {values.high:g}, far outside the range "
                f"of the {told.source} images: they are clipped to {scale.low:g} to {scale.high:g}."
            )
    return warnings


class _SharedScale:
    """Black and white for all images of a set whose samples are of one type.

    Decided when it is first asked for, by looking at all of them once.
    """

    def __init__(self, normal: Sequence[Page], test: Sequence[Page]) -> None:
        self._normal, self._test = normal, test
        self._pages = (*normal, *test)
        self.source = "normal" if normal else "test"
        """Which images decide, once it is decided."""
        self._lock = Lock()
        self._scale: Range | None = None

    def is_known(self) -> bool:
        """Whether all of them have been looked at already."""
        return all(page.content is not None for page in self._pages)

    def __call__(self) -> Range:
        with self._lock:
            if self._scale is None:
                samples = self._pages[0].header.samples
                normal, test = _common(self._normal), _common(self._test)
                self._scale = shared_scale(samples, normal, test)
                if normal and self._scale != shared_scale(samples, normal, []):
                    self.source = "normal and test"
            return self._scale


def _common(pages: Sequence[Page]) -> list[Range]:
    """The range of values of each page that can be read, without outliers."""
    return [common for page in pages if (common := page.look().common) is not None]


def _scales(normal: Sequence[_Use], test: Sequence[_Use]) -> dict[str, _SharedScale]:
    """The shared scale of each type of samples for which the set decides."""
    pages: dict[str, tuple[list[Page], list[Page]]] = {}
    for at, uses in enumerate((normal, test)):
        for use in uses:
            if use.page.header.scale is None:
                groups = pages.setdefault(use.page.header.samples.str, ([], []))
                groups[at].append(use.page)
    return {samples: _SharedScale(*groups) for samples, groups in pages.items()}


def _picture(use: _Use, scales: Mapping[str, _SharedScale], repairs: MaskRepairs) -> Picture:
    page = use.page
    own = page.header.scale
    scale = scales[page.header.samples.str] if own is None else lambda: own
    masks = tuple(
        partial(mask_repairs.read_mask, mask, page, repairs.taken(mask, page)) for mask in use.masks
    )
    read_mask = partial(_read_masks, masks) if masks else None
    gaps = page.header.no_data is not None and (page.content is None or page.content.empty > 0)
    read_counted = partial(mask_repairs.read_counted, page) if gaps else None
    return Picture(page.name, use.kind, partial(_read_image, page, scale), read_mask, read_counted)


def _read_image(page: Page, scale: Callable[[], Range]) -> Image:
    samples = page.decode()
    return to_image(samples, scale())


def _read_masks(masks: Sequence[Callable[[], Mask]]) -> Mask:
    return np.logical_or.reduce([read() for read in masks])
