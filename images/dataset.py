"""What a comparison works on: normal images for training, test images to judge, and masks.

Pixels are read when they are asked for, so a set of 2,000 images costs no more memory than one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from images.colour import Image, Mask
from images.facts import Facts, facts_of
from images.on_demand import OnDemand
from images.reading.intensity import Range

GOOD = "good"
"""The kind of an image without defects."""


@dataclass(frozen=True)
class Picture:
    """One image of a data set.

    `kind` is ``"good"`` for a normal image, the name of the defect for a defective one, and None
    when that is unknown. `read`, `read_mask` and `read_counted` decode the files each time they are
    called.
    """

    name: str
    kind: str | None
    read: Callable[[], Image]
    read_mask: Callable[[], Mask] | None = None
    read_counted: Callable[[], Mask] | None = None
    """The region of interest without ignored pixels; None for all pixels."""
    digest: bytes = b""
    """Equal for equal pixels; empty where nobody has looked."""
    known_class: str | None = None
    """Which of the known classes of normal images it belongs to; None where there are none, and for
    an image that belongs to none of them."""
    facts: Facts | None = None
    """Size and brightness, where they are known without decoding the image."""

    def at_a_glance(self) -> Facts:
        """Its size and brightness; decodes the image where they are not known."""
        return self.facts if self.facts is not None else facts_of(self.read())

    @property
    def identity(self) -> str:
        """What tells this image from others, whatever it is called, once it has been looked at."""
        return self.digest.hex() or self.name

    def mask(self) -> Mask | None:
        """Where the image is defective, or None when that is not known pixel by pixel."""
        if self.read_mask is not None:
            return self.read_mask()
        if self.kind == GOOD:
            return self.unmarked()
        return None

    def unmarked(self) -> Mask:
        """A mask of the image's size with nothing in it; decodes the image."""
        return np.zeros(self.read().shape[:2], dtype=bool)

    def defective(self) -> bool | None:
        """Whether the image has a defect, or None when that is unknown.

        A kind decides; without one, a mask does.
        """
        if self.kind is not None:
            return self.kind != GOOD
        mask = self.mask()
        return None if mask is None else bool(mask.any())


@dataclass(frozen=True)
class Finding:
    """How one file was understood, or why it was not used."""

    name: str
    role: str
    """``"normal"``, ``"test"``, ``"mask"``, ``"labels"``, ``"not used"`` or ``"undecided"``."""
    text: str
    """One sentence for a person."""
    warning: str = ""
    """What looks wrong although the file is used, in sentences for a person."""
    remedies: tuple[str, ...] = ()
    """Those of `images.masks.mask_file.REMEDIES` that would change this mask, or were applied."""


@dataclass(frozen=True)
class DataSet:
    """Normal images, test images and how every file was understood."""

    name: str
    normal: tuple[Picture, ...]
    test: tuple[Picture, ...]
    about: str = ""
    """Origin and licence in a sentence, shown wherever the set is."""
    synthetic: bool = False
    findings: tuple[Finding, ...] = ()
    layout: str = ""
    """The name of the layout by which files were understood, where there were any."""
    understood: str = ""
    """How they were understood, in one line."""
    undecided: tuple[str, ...] = ()
    """Folders for which it is unknown whether they hold normal images."""
    read_scales: Callable[[], Mapping[str, Range]] = dict
    """Black and white for each type of samples (`numpy.dtype.str`) for which the set decided them;
    looks at all images the first time."""

    @property
    def known_classes(self) -> tuple[str, ...]:
        """The classes of the normal images, as they come; none unless each image has one."""
        found = tuple(dict.fromkeys(picture.known_class for picture in self.normal))
        return tuple(each for each in found if each is not None) if None not in found else ()


class Pixels(OnDemand[Image]):
    """The images of some pictures as a sequence that reads each one when it is asked for."""

    def __init__(self, pictures: Sequence[Picture]) -> None:
        super().__init__(len(pictures), lambda at: pictures[at].read())
