"""Files become a data set: the role of each, its mask, and a sentence on how it was understood."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Lock

import numpy as np

from images.colour import Image, Mask
from images.dataset import GOOD, DataSet, Finding, Picture
from images.errors import AnomalyError, ImageError, shown
from images.files import File, Files, Page, left_over
from images.intensity import Range, shared_range
from images.masks import MOSTLY, check_mask_size, to_mask
from images.naming import Place, Role, is_part, natural_order, pair, places, several_sets
from images.reader import to_image

ROLES = ("normal", "test", "test/good", "mask", "left over")
"""What `understand` takes as a role given by hand, beside ``"test/<kind>"`` of any kind."""


def understand(files: Files, roles: Mapping[str, str] | None = None) -> DataSet:
    """The data set that these files are, read by their headers alone.

    `roles` are given by hand and win over what names say: the name of a file or page, as a
    `Finding` has it, and one of `ROLES`. The same files and roles give the same data set; with
    other roles it takes a moment, since the headers are known by then. What `Files.check` has found
    is used: a page that cannot be read is left over.

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
    uses = _uses(readable, places(names), roles or {})
    for use in uses:
        if use.role == "left over":
            findings[use.page.name] = left_over(use.page.name, use.reason)
    _give_masks(uses, findings)
    normal = [use for use in uses if use.role == "normal"]
    test = [use for use in uses if use.role == "test"]
    scales = _scales(normal + test)
    _describe(normal, test, scales, findings)
    told = sorted([*findings.values(), *files.refused], key=lambda each: natural_order(each.name))
    return DataSet(
        files.name,
        tuple(_picture(use, scales) for use in normal),
        tuple(_picture(use, scales) for use in test),
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
    raise AnomalyError(f"{given!r} is no role; expected one of {', '.join(ROLES)} or test/<kind>.")


def _give_masks(uses: Sequence[_Use], findings: dict[str, Finding]) -> None:
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
            _give_file(masks[mask_name], images[name], findings)


def _as_used(use: _Use) -> Place:
    """The place of an image with the role that it has, perhaps by hand."""
    place = use.place
    return Place(place.name, place.folders, place.stem, use.role)


def _give_file(masks: Sequence[_Use], images: Sequence[_Use], findings: dict[str, Finding]) -> None:
    """Give the pages of a mask file to the pages of its image, one by one."""
    for mask in masks:
        page = mask.page
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
            check_mask_size(page.name, page.header, owner.page.name, owner.page.header)
        except ImageError as error:
            findings[page.name] = left_over(page.name, error.reason)
        else:
            owner.masks.append(page)
            findings[page.name] = Finding(
                page.name,
                "mask",
                f"Mask of {shown(owner.page.name)}: {page.header}.",
                _mask_warning(page, owner),
            )


def _mask_warning(mask: Page, owner: _Use) -> str:
    name = shown(mask.name)
    warnings = []
    if owner.page.header.orientation != 1 and mask.header.orientation == 1:
        warnings.append(
            f"Its image {shown(owner.page.name)} is turned by an orientation that it holds, and "
            f"{name} is not: see whether they fit."
        )
    if mask.header.format == "JPEG":
        warnings.append(
            f"{name} is a JPEG, whose blurred edges count as defective: PNG keeps a mask exact."
        )
    marked = mask.content.marked if mask.content is not None else None
    if marked and marked > MOSTLY:
        warnings.append(
            f"{name} calls {marked:.0%} of the image defective: perhaps it is inverted."
        )
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
        if page.header.scale is None and scales[page.header.samples.str].is_known():
            scale = scales[page.header.samples.str]()
            text += f"; black is {scale.low:g}, white {scale.high:g}"
        if use.masks:
            text += f"; mask {', '.join(shown(mask.name) for mask in use.masks)}"
        if use.role == "normal":
            text = f"Normal image: {text}."
        elif use.kind is None:
            text = f"Test image of which nobody has said the kind: {text}."
        else:
            text = f"Test image of kind {shown(use.kind)}: {text}."
        warnings = []
        if content is not None and content.values and content.values.low == content.values.high:
            warnings.append(f"{shown(page.name)} is of one single brightness.")
        if use.role == "test" and content is not None and content.digest in learned:
            warnings.append(
                f"{shown(page.name)} is also learned from, as {shown(learned[content.digest])}: "
                "its score says nothing."
            )
        findings[page.name] = Finding(page.name, use.role, text, " ".join(warnings))


class _SharedScale:
    """Black and white for all images of a set whose samples are of one type.

    Decided when it is first asked for, by looking at all of them once.
    """

    def __init__(self, pages: Sequence[Page]) -> None:
        self._pages = pages
        self._lock = Lock()
        self._scale: Range | None = None

    def is_known(self) -> bool:
        """Whether all of them have been looked at already."""
        return all(page.content is not None for page in self._pages)

    def __call__(self) -> Range:
        with self._lock:
            if self._scale is None:
                found = [values for page in self._pages if (values := page.look().values)]
                whole = Range(
                    min((values.low for values in found), default=0),
                    max((values.high for values in found), default=1),
                )
                self._scale = shared_range(self._pages[0].header.samples, whole)
            return self._scale


def _scales(uses: Sequence[_Use]) -> dict[str, _SharedScale]:
    """The shared scale of each type of samples for which the set decides."""
    pages: dict[str, list[Page]] = {}
    for use in uses:
        if use.page.header.scale is None:
            pages.setdefault(use.page.header.samples.str, []).append(use.page)
    return {samples: _SharedScale(group) for samples, group in pages.items()}


def _picture(use: _Use, scales: Mapping[str, _SharedScale]) -> Picture:
    page = use.page
    own = page.header.scale
    scale = scales[page.header.samples.str] if own is None else lambda: own
    read_mask = partial(_read_mask, tuple(use.masks)) if use.masks else None
    return Picture(page.name, use.kind, partial(_read_image, page, scale), read_mask)


def _read_image(page: Page, scale: Callable[[], Range]) -> Image:
    samples = page.decode()
    return to_image(samples, scale())


def _read_mask(pages: Sequence[Page]) -> Mask:
    return np.logical_or.reduce([to_mask(page.decode()) for page in pages])
