"""Masks of a data set that look wrong, and the remedies applied to them on request."""

from collections.abc import Collection, Sequence

import numpy as np

from images.colour import Mask
from images.errors import shown
from images.masks.mask_file import MOSTLY, REMEDIES, Remedy, Survey, resizable, resized, to_mask
from images.reading.files import Page
from images.words import percent

DONE: dict[Remedy, str] = {
    "threshold": "faint pixels removed",
    "invert": "inverted",
    "resize": "resized to its image",
}


class MaskRepairs:
    """The masks of a data set and the remedies that a person has asked for.

    A remedy is applied only to masks that need it: it is offered where something looks wrong and
    taken where it is both offered and asked for. Inversion concerns a whole set: if most masks mark
    most of their image, it is offered for all of them. Files in which 0 is white are judged apart
    from the others.
    """

    def __init__(self, masks: Sequence[Page], asked: Collection[Remedy] = ()) -> None:
        self._asked = frozenset(asked)
        if self._asked:
            for mask in masks:
                mask.look()
        self._inverted: set[Page] = set()
        for white_is_zero in (False, True):
            alike = [mask for mask in masks if mask.header.white_is_zero == white_is_zero]
            known = {mask: found for mask in alike if (found := _survey(mask)) is not None}
            mostly = {mask for mask, found in known.items() if found.marked > MOSTLY}
            self._inverted |= set(known) if 2 * len(mostly) > len(known) else mostly

    def offered(self, mask: Page, image: Page) -> tuple[Remedy, ...]:
        """The remedies that would change this mask of an image."""
        found, offered = _survey(mask), set[Remedy]()
        if mask in self._inverted:
            offered.add("invert")
        if found is not None:
            swapped = "invert" in offered & self._asked
            if found.faint_swapped if swapped else found.faint:
                offered.add("threshold")
        if _sizes_differ(mask, image) and resizable(mask.header, image.header):
            offered.add("resize")
        return tuple(remedy for remedy in REMEDIES if remedy in offered)

    def taken(self, mask: Page, image: Page) -> tuple[Remedy, ...]:
        """The remedies that are applied to it."""
        return tuple(remedy for remedy in self.offered(mask, image) if remedy in self._asked)

    def marked(self, mask: Page, image: Page) -> float | None:
        """The fraction marked after the remedies, or None before its pixels have been decoded."""
        found = _survey(mask)
        return None if found is None else found.part(self.taken(mask, image))

    def done(self, mask: Page, image: Page) -> str:
        """The remedies applied, as the end of a sentence about the mask."""
        taken = self.taken(mask, image)
        return f"; {', '.join(DONE[remedy] for remedy in taken)}" if taken else ""

    def doubts(self, mask: Page, image: Page) -> list[str]:
        """Warnings about a mask, in sentences."""
        name, found = shown(mask.name), _survey(mask)
        taken = self.taken(mask, image)
        left = set(self.offered(mask, image)).difference(taken)
        said = []
        if found is not None and found.doubt:
            said.append(f"{name} {found.doubt}.")
        if "threshold" in left and found is not None:
            faint = found.part(taken) - found.part({*taken, "threshold"})
            said.append(
                f"{name} has faint pixels around the mask, as left by JPEG compression. They are "
                f"treated as marked ({percent(faint, 2)} of the image) and can split a defect into "
                "many regions."
            )
        elif mask.header.format == "JPEG" and found is None:
            said.append(
                f"{name} is a JPEG, so its blurred edges are treated as defective. Use PNG for "
                "exact masks."
            )
        marked = self.marked(mask, image)
        if marked and marked > MOSTLY:
            why = "it may be inverted"
            if mask.header.white_is_zero and "invert" in left:
                why = (
                    "0 is white in this file, so it may have been saved from booleans and be "
                    "inverted"
                )
            if "invert" in taken:
                why = "it may not need to be inverted"
            said.append(f"{name} marks {percent(marked)} of the image as defective: {why}.")
        elif "invert" in left:
            said.append(f"{name} may be inverted, like most of the other masks.")
        return said


def read_mask(mask: Page, image: Page, remedies: Collection[Remedy]) -> Mask:
    """A mask of an image with these remedies applied."""
    marked = to_mask(mask.decode(), remedies)
    if "resize" in remedies:
        marked = resized(marked, image.header.height, image.header.width)
    return marked


def read_counted(image: Page) -> Mask:
    """The pixels of an image that have data."""
    samples = image.decode()
    if samples.empty is None:
        return np.ones(samples.values.shape[:2], dtype=bool)
    return ~samples.empty


def _survey(mask: Page) -> Survey | None:
    return None if mask.content is None else mask.content.survey


def _sizes_differ(mask: Page, image: Page) -> bool:
    return (mask.header.width, mask.header.height) != (image.header.width, image.header.height)
