"""Masks find their images: files of masks, numbers in labels, and annotations beside images."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from images.annotations import registry as annotations
from images.annotations.annotation import Annotated, draw
from images.dataset import GOOD, Finding
from images.errors import ImageError, shown
from images.layouts.layout import Drawing, Listing
from images.masks.mask_file import Remedy, check_mask_size
from images.masks.repairs import MaskRepairs
from images.reading.files import DrawnPage, Page, not_used
from images.roles.naming import Place, is_part, pair
from images.roles.uses import Use


def draw_masks(uses: Sequence[Use], drawings: Mapping[str, Drawing]) -> None:
    """Give images the masks that are described by numbers."""
    for use in uses:
        drawing = drawings.get(use.place.name)
        if drawing is not None and use.role == "test":
            _attach(use, drawing)
        elif drawing is not None and use.role == "normal":
            _doubt(use, drawing.source)


def _attach(use: Use, drawing: Drawing) -> None:
    """Give an image a mask that is described by numbers, or say why it cannot be drawn."""
    key = (drawing.source, drawing.what)
    if key not in use.page.drawn:
        use.page.drawn[key] = DrawnPage(use.page, drawing.source, drawing.what, drawing.draw)
    mask = use.page.drawn[key]
    content, source, name = mask.look(), shown(drawing.source), shown(use.page.name)
    if content.error is not None:
        use.warning = f"{source} {content.error}, so {name} has no mask."
        return
    use.masks.append(mask)
    if not content.marked and use.kind not in (GOOD, None):
        use.warning = f"{source} marks no pixels in {name}, which has the kind {shown(use.kind)}."


def annotate(
    uses: Sequence[Use],
    listing: Listing,
    roles: Mapping[str, str],
    findings: dict[str, Finding],
) -> str:
    """Take what annotations beside the images mark; returns a sentence on it, empty for none."""
    images = [use for use in uses if use.role in ("normal", "test")]
    others = {
        name: file
        for name, file in listing.others.items()
        if findings[name].role == "not used" and roles.get(name) != "not used"
    }
    found = annotations.marks(others, [use.place.name for use in images])
    for name, reason in found.errors.items():
        findings[name] = not_used(name, reason)
    for name, title in found.read.items():
        marked, listed = found.counts[name]
        text = f"{shown(name)} marks {marked:,} of the {listed:,} images that it lists, as {title}."
        findings[name] = Finding(name, "labels", text)
    for use in images:
        if use.place.name in found.by_image:
            source, each = found.by_image[use.place.name]
            _take_marks(use, source, each, found.read[source])
    if not found.read:
        return ""
    titles = " and ".join(sorted(set(found.read.values())))
    only = shown(next(iter(found.read))) if len(found.read) == 1 else ""
    files = f"{only} ({titles}) marks" if only else f"{len(found.read):,} files ({titles}) mark"
    return f"What {files} is treated as a defect."


def _take_marks(use: Use, source: str, each: Annotated, title: str) -> None:
    """Take what a file marks on one image as its mask, or as a word on its kind at least."""
    name, file, header = shown(use.page.name), shown(source), use.page.header
    marked = bool(each.shapes) or each.without_area
    if use.role == "normal":
        if marked:
            _doubt(use, source)
        return
    if each.size not in (None, (header.width, header.height)):
        use.warning = f"{file} describes {name} with a different size, so it is not used there."
        return
    if use.kind == GOOD and marked:
        use.warning = f"{file} marks a defect in {name}, which is labelled as good."
    if use.kind is None:
        use.kind = "+".join(sorted(each.labels)) if marked else GOOD
    if use.masks:
        use.warning = f"{name} has its own mask, so the annotation in {file} is not used."
    elif each.without_area:
        use.warning = (
            f"{file} marks only points, lines or boxes in {name}, so there is no mask for it."
        )
    else:
        _attach(use, Drawing(source, title, partial(draw, each.shapes, source)))


def _doubt(use: Use, source: str) -> None:
    """Do not learn from an image in which a file marks a defect, unless a person said so."""
    file = shown(source)
    if use.manual:
        name = shown(use.page.name)
        use.warning = f"{name} was labelled as normal, but {file} marks a defect in it."
    else:
        use.role = "not used"
        use.reason = f"is marked as defective in {file}, so it is not used for training"


def give_masks(uses: Sequence[Use], repairs: MaskRepairs, findings: dict[str, Finding]) -> None:
    """Give each mask page to the page that it belongs to, or say why it is not used."""
    images: dict[str, list[Use]] = {}
    masks: dict[str, list[Use]] = {}
    for use in uses:
        if use.role in ("normal", "test", "mask"):
            (masks if use.role == "mask" else images).setdefault(use.place.name, []).append(use)
    paired, alone = pair(
        [use[0].place for use in masks.values()],
        [_as_used(use[0]) for use in images.values()],
    )
    for name, reason in alone.items():
        for mask in masks[name]:
            findings[mask.page.name] = not_used(mask.page.name, reason)
    for name, mask_names in paired.items():
        for mask_name in mask_names:
            _give_file(masks[mask_name], images[name], repairs, findings)


def _as_used(use: Use) -> Place:
    """The place of an image with the role that it has, perhaps by hand."""
    place = use.place
    return Place(place.name, place.folders, place.stem, use.role)


def _give_file(
    masks: Sequence[Use],
    images: Sequence[Use],
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
                _check_normal(mask, owner, repairs)
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
            finding = not_used(page.name, error.reason)
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


def _check_normal(mask: Use, owner: Use, repairs: MaskRepairs) -> None:
    """Raise `ImageError` when the mask of a normal image marks anything.

    Such an image is not learned from. Where a person said that it is normal it is, and the
    contradiction is told.
    """
    content = mask.page.look()
    if content.error is not None:
        raise ImageError(mask.page.name, content.error)
    if not repairs.marked(mask.page, owner.page):
        return
    name, image = shown(mask.page.name), shown(owner.page.name)
    if owner.manual:
        owner.warning = f"{image} was labelled as normal, but its mask {name} marks a defect."
        raise ImageError(mask.page.name, f"is a mask of {image}, which was labelled as normal")
    owner.role = "not used"
    owner.reason = f"has a mask with a defect, {name}, so it is not used for training"
    raise ImageError(mask.page.name, f"marks a defect in {image}, which is not a test image")


def _mask_warning(mask: Page, owner: Use, repairs: MaskRepairs) -> str:
    name = shown(mask.name)
    warnings = []
    if owner.page.header.orientation != 1 and mask.header.orientation == 1:
        warnings.append(
            f"Its image {shown(owner.page.name)} is rotated by its EXIF orientation, but {name} "
            "is not. Check that they match."
        )
    warnings += repairs.doubts(mask, owner.page)
    marked = repairs.marked(mask, owner.page)
    if marked == 0 and owner.kind not in (GOOD, None):
        warnings.append(
            f"{name} has no defective pixels, but its image has the kind {shown(str(owner.kind))}."
        )
    if marked and owner.kind == GOOD:
        warnings.append(f"{name} has defective pixels, but its image is labelled as good.")
    return " ".join(warnings)
