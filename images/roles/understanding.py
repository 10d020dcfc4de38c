"""Files become a data set: the role of each, its mask, and a sentence on how it was understood."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from threading import Lock

import numpy as np

from images.colour import Image, Mask
from images.dataset import DataSet, Finding, Picture
from images.errors import ImageError, shown
from images.facts import Facts
from images.layouts import registry
from images.layouts.layout import TOP, Layout, Listing, Part, with_masks_beside
from images.masks import repairs as mask_repairs
from images.masks.mask_file import Remedy
from images.masks.repairs import MaskRepairs
from images.reading.files import Content, File, Files, Page, not_used, stored_comparisons
from images.reading.intensity import Range, is_far, shared_scale
from images.reading.reader import to_image
from images.roles.marking import annotate, draw_masks, give_masks
from images.roles.naming import natural_order
from images.roles.uses import Use, uses_of
from images.words import count, percent


def understand(
    files: Files,
    roles: Mapping[str, str] | None = None,
    remedies: Collection[Remedy] = (),
    *,
    layout: str | None = None,
    part: str | None = None,
) -> DataSet:
    """The data set that these files are, read by their headers and by the masks of normal images.

    `roles` are set manually and override everything else: the name of a file or page, as a
    `Finding` has it, or of a folder with a ``/`` behind it, and one of `images.roles.uses.ROLES`.
    `layout` is the name of a layout that a person chose; without it the layout is recognised.
    `part` is the folder of the set that is meant where there are several. The same arguments give
    the same data set; with other roles it takes a moment, since the headers are known by then. What
    `Files.check` has found is used: a page that cannot be read is not used.

    `remedies` are applied to the masks whose `Finding` offers them; this decodes all masks.

    Raises `ImageError` when labels in the set are not as its layout expects them, or the files are
    not in the layout that was chosen, and `SeveralSetsError` when they are several data sets and
    none of them is named.
    """
    findings: dict[str, Finding] = {}
    listing = _listing(files, findings)
    reader, chosen, also = _choose(files.name, listing, layout, part)
    if part is not None:
        listing = listing.only_these(chosen)
        findings = {name: it for name, it in findings.items() if name in listing.others}
    given = listing.only_given()
    reading = reader.read(chosen)
    if reader.name != registry.BY_NAME:
        reading = with_masks_beside(reading)
    parts = {chosen.root + name: each for name, each in reading.parts.items()}
    if reader.name != registry.BY_NAME and given.images:
        parts |= registry.get(registry.BY_NAME).read(given).parts
    uses = uses_of(listing.images, parts, roles or {}, reader, chosen.root)
    _say_labels(parts, listing, reader, findings)
    draw_masks(uses, {chosen.root + name: it for name, it in reading.drawings.items()})
    repairs = MaskRepairs([use.page for use in uses if use.role == "mask"], remedies)
    give_masks(uses, repairs, findings)
    note = " ".join(filter(None, [reading.note, annotate(uses, listing, roles or {}, findings)]))
    for use in uses:
        if use.role in ("not used", "undecided"):
            reason = not_used(use.page.name, use.reason).text
            findings[use.page.name] = Finding(use.page.name, use.role, reason, use.warning)
    normal = [use for use in uses if use.role == "normal"]
    test = [use for use in uses if use.role == "test"]
    scales = _scales(normal, test)
    _describe(normal, test, scales, findings)
    told = sorted([*findings.values(), *files.refused], key=lambda each: natural_order(each.name))
    undecided = sorted({use.folder for use in uses if use.role == "undecided"}, key=natural_order)
    return DataSet(
        part.rpartition("/")[2] if part and part != TOP else files.name,
        tuple(_picture(use, scales, repairs) for use in normal),
        tuple(_picture(use, scales, repairs) for use in test),
        findings=tuple(told),
        layout=reader.name,
        understood=_in_one_line(reader, note, also, normal, test, undecided),
        undecided=tuple(undecided),
        read_scales=partial(_told, scales),
    )


def problem(data: DataSet, *, needs_normal: bool = True, needs_classes: bool = False) -> str | None:
    """Why no comparison can be run on a data set, one sentence, or None.

    `needs_normal` is False when a method is among those chosen that does without normal images,
    and `needs_classes` is True when all of them need known classes.
    """
    if data.undecided:
        return (
            f"The role of {listed_folders(data.undecided)} in {shown(data.name)} is unknown; "
            f"expected a role for each folder{_or_classes(data.undecided)}."
        )
    if needs_normal and not data.normal:
        return (
            f"{shown(data.name)} has no normal images for training; expected some in a folder "
            "train/good or with the role normal."
        )
    if needs_classes and len(data.known_classes) < 2:
        return (
            f"{shown(data.name)} has no known classes; expected each normal image in the folder of "
            "its class, at least two of them, such as train/a and train/b, read with the layout "
            "known-classes."
        )
    if not data.test:
        return (
            f"{shown(data.name)} has no test images; expected some in folders such as test/good "
            "and test/scratch or with the role test."
        )
    return None


def _or_classes(undecided: Sequence[str]) -> str:
    """That several folders may also be known classes of normal images."""
    several = len(undecided) > 1
    return ", or the layout known-classes if each is a class of normal images" if several else ""


def listed_folders(folders: Sequence[str]) -> str:
    """Folders in a sentence, the first of them where there are many."""
    listed = ", ".join(map(shown, folders[:5])) + (", ..." if len(folders) > 5 else "")
    return f"the folder {listed}" if len(folders) == 1 else f"the folders {listed}"


def _listing(files: Files, findings: dict[str, Finding]) -> Listing:
    """The files by whether they hold images, without those that a comparison has stored."""
    images: dict[str, File] = {}
    others: dict[str, File] = {}
    stored = stored_comparisons([file.name for file in files.files])
    for file in files.files:
        if stored(file.name):
            reason = "was stored by a comparison and is not an image of this set"
            findings[file.name] = not_used(file.name, reason)
            continue
        try:
            _ = file.pages
        except ImageError as error:
            others[file.name] = file
            findings[file.name] = not_used(file.name, error.reason)
        else:
            images[file.name] = file
    given = {file.name: file.handed_in for file in images.values() if file.handed_in is not None}
    return Listing(images, others, given=given)


def _choose(
    name: str, whole: Listing, layout: str | None, part: str | None
) -> tuple[Layout, Listing, list[str]]:
    """The layout, the files of the one set that is meant, and other layouts that would do."""
    candidates = whole.without_given()
    readers = [layout] if layout is not None else registry.recognising(candidates)
    sets: dict[str, tuple[Layout, Listing]] = {}
    also: dict[str, list[str]] = {}
    for reader in map(registry.get, readers):
        for root, files in reader.sets(candidates).items():
            if root in sets:
                also.setdefault(root, []).append(reader.title)
            else:
                sets[root] = reader, files
    if layout is not None and not sets:
        reader = registry.get(layout)
        raise ImageError(name, f"is not in the layout {reader.title}; expected {reader.folders}")
    if layout is None:
        by_name = registry.get(registry.BY_NAME)
        several = by_name.sets(candidates)
        for root, files in several.items():
            if root != TOP or len(several) > 1 or not sets:
                sets.setdefault(root, (by_name, files))
    if part is not None and part not in sets:
        listed = ", ".join(sorted(sets, key=natural_order))
        raise ImageError(name, f"has no data set in the folder {part}; there is one in {listed}")
    if part is None and len(sets) > 1:
        raise registry.SeveralSetsError(name, sorted(sets, key=natural_order))
    root = part if part is not None else next(iter(sets))
    reader, chosen = sets[root]
    if reader.name == registry.BY_NAME and part is None:
        chosen = whole
    return reader, chosen, also.get(root, [])


def _in_one_line(
    reader: Layout,
    note: str,
    also: Sequence[str],
    normal: Sequence[Use],
    test: Sequence[Use],
    undecided: Sequence[str],
) -> str:
    """How a set was understood, for a person."""
    by_name = reader.name == registry.BY_NAME
    kinds = {use.kind for use in test if use.kind is not None}
    unknown = sum(use.kind is None and not use.masks for use in test)
    masks = sum(len(use.masks) for use in [*normal, *test])
    classes = {use.known_class for use in normal} - {None}
    of_classes = f" of {count(len(classes), 'known class', 'es')}" if classes else ""
    parts = [
        f"{count(len(normal), 'normal image')}{of_classes} for training",
        count(len(test), "test image") + (f" of {count(len(kinds), 'kind')}" if kinds else ""),
        count(masks, "mask"),
    ]
    line = "Read by folder and file names" if by_name else f"Read as {reader.title}"
    line += f": {', '.join(parts)}."
    if unknown and test:
        line += f" The kind of {count(unknown, 'test image')} is unknown."
    if undecided:
        line += f" Please set a role for {listed_folders(undecided)}{_or_classes(undecided)}."
    if also:
        line += f" It could also be read as {' or '.join(also)}."
    return f"{line} {note}".rstrip()


def _say_labels(
    parts: Mapping[str, Part], listing: Listing, reader: Layout, findings: dict[str, Finding]
) -> None:
    """A finding for each file that was read for what it says of the images."""
    for name, part in parts.items():
        if part.role == "labels" and name in listing.others:
            text = f"{shown(name)} describes the images, as in {reader.title}."
            findings[name] = Finding(name, "labels", text)


def _describe(
    normal: Sequence[Use],
    test: Sequence[Use],
    scales: Mapping[str, "_SharedScale"],
    findings: dict[str, Finding],
) -> None:
    """A finding for each image."""
    learned = {use.page.seen.digest: use.page.name for use in normal if use.page.seen}
    for use in [*normal, *test]:
        page, content = use.page, use.page.seen
        text = str(page.header)
        told = scales.get(page.header.samples.str) if page.header.scale is None else None
        if told is not None and told.is_known():
            scale = told()
            ends = (scale.low, scale.high)
            black, white = ends[::-1] if page.header.white_is_zero else ends
            text += f"; black is {black:g}, white {white:g}, from the {told.source} images"
        if page.file.given != page.file.name:
            text += f"; uploaded as {shown(page.file.given)}, a name that another file has too"
        if use.masks:
            text += f"; mask {', '.join(shown(mask.name) for mask in use.masks)}"
        if use.role == "normal" and use.known_class:
            text = f"Normal image of the class {shown(use.known_class)}: {text}."
        elif use.role == "normal":
            text = f"Normal image: {text}."
        elif use.known_class:
            text = f"Test image of the known class {shown(use.known_class)}: {text}."
        elif use.kind is None and use.masks:
            text = f"Test image, normal or defective according to its mask: {text}."
        elif use.kind is None:
            text = f"Test image of unknown kind: {text}."
        else:
            text = f"Test image of kind {shown(use.kind)}: {text}."
        warnings = [use.warning] if use.warning else []
        if content is not None and content.values:
            warnings += _brightness_warnings(page, content, told)
        if use.role == "test" and content is not None and content.digest in learned:
            warnings.append(
                f"{shown(page.name)} is also used for training, as "
                f"{shown(learned[content.digest])}, so its score is meaningless."
            )
        findings[page.name] = Finding(page.name, use.role, text, " ".join(warnings))


def _brightness_warnings(page: Page, content: Content, told: "_SharedScale | None") -> list[str]:
    """Warnings about the values of an image, in sentences."""
    values, name = content.values, shown(page.name)
    assert values is not None
    warnings = []
    if values.low == values.high:
        warnings.append(f"{name} has the same brightness everywhere.")
    if content.empty:
        warnings.append(
            f"{percent(content.empty, 1)} of {name} has no data. These pixels are not used for "
            "metrics, and methods see the nearest valid value instead."
        )
    if told is not None and told.is_known() and content.common is not None:
        scale = told()
        if is_far(values, content.common, scale):
            warnings.append(
                f"{name} has values from {values.low:g} to {values.high:g}, far outside the "
                f"range of the {told.source} images; they are clipped to {scale.low:g} to "
                f"{scale.high:g}."
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


def _scales(normal: Sequence[Use], test: Sequence[Use]) -> dict[str, _SharedScale]:
    """The shared scale of each type of samples for which the set decides."""
    pages: dict[str, tuple[list[Page], list[Page]]] = {}
    for at, uses in enumerate((normal, test)):
        for use in uses:
            if use.page.header.scale is None:
                groups = pages.setdefault(use.page.header.samples.str, ([], []))
                groups[at].append(use.page)
    return {samples: _SharedScale(*groups) for samples, groups in pages.items()}


def _told(scales: Mapping[str, _SharedScale]) -> dict[str, Range]:
    return {samples: scale() for samples, scale in scales.items()}


def _picture(use: Use, scales: Mapping[str, _SharedScale], repairs: MaskRepairs) -> Picture:
    page = use.page
    own = page.header.scale
    scale = scales[page.header.samples.str] if own is None else lambda: own
    masks = tuple(
        partial(mask_repairs.read_mask, mask, page, repairs.taken(mask, page)) for mask in use.masks
    )
    read_mask = partial(_read_masks, masks) if masks else None
    gaps = page.header.no_data is not None and (page.seen is None or page.seen.empty > 0)
    read_counted = partial(mask_repairs.read_counted, page) if gaps else None
    return Picture(
        page.name,
        use.kind,
        partial(_read_image, page, scale),
        read_mask,
        read_counted,
        page.seen.digest if page.seen is not None else b"",
        use.known_class,
        _facts(page, scale),
    )


def _facts(page: Page, scale: "_SharedScale | Callable[[], Range]") -> Facts | None:
    """The facts of an image, if all pixels that decide them have been looked at."""
    header, tone = page.header, page.content.tone if page.content is not None else None
    if tone is None or (isinstance(scale, _SharedScale) and not scale.is_known()):
        return None
    return Facts(header.width, header.height, tone.channels, header.depth, tone.brightness(scale()))


def _read_image(page: Page, scale: Callable[[], Range]) -> Image:
    samples = page.decode()
    return to_image(samples, scale())


def _read_masks(masks: Sequence[Callable[[], Mask]]) -> Mask:
    return np.logical_or.reduce([read() for read in masks])
