"""The pictures of one data set, each made once; the latest ones are kept."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from dashboard.components.pictures import hosted, level_picture, mask_picture, outlined, photograph
from dashboard.session.memory import Memory
from dashboard.session.state import Session
from evaluation.assessment import Assessment
from evaluation.comparison.comparison import MethodResult
from evaluation.decisions.masks import PostProcessing, decide
from evaluation.report.calls import marked_share
from evaluation.report.display import DisplayRange, overlay
from images.colour import Mask
from images.copies import near_copies
from images.dataset import DataSet, Picture
from images.facts import Facts

Made = TypeVar("Made")

LEVELS = (24, 168, 64)
"""How many levels lie below the start of the colours, in twice their span, and above."""


PICTURE_BYTES = 48 * 2**20
"""What a gallery keeps: several times what a page shows."""
PREVIEW_SIDE = 360
"""Longest side of a normal image with its score map, pixels."""
OPACITY = 0.6
"""Of the score map over a normal image."""
MOST_STEPS = 256
"""Of a slider of thresholds."""
SMALL = 4096
"""Bytes for what is no picture."""


@dataclass(frozen=True)
class Photograph:
    """An image at display size, and the size that it has itself."""

    data: bytes
    width: int
    height: int


class Gallery:
    """Pictures of a data set and of score maps on it, made when asked for."""

    def __init__(self, data: DataSet) -> None:
        self.data = data
        self.kept = Memory(PICTURE_BYTES)

    def normal(self, index: int, side: int) -> Photograph:
        """A normal image."""
        return self._once(
            ("normal", index, side), lambda: _photograph(self.data.normal[index], side)
        )

    def test(self, index: int, side: int) -> Photograph:
        """A test image."""
        return self._once(("test", index, side), lambda: _photograph(self.data.test[index], side))

    def preview(self, index: int, side: int, *, enlarged: bool = False) -> bytes:
        """A test image with the outline of its mask, dim outside the region of interest."""

        def make() -> bytes:
            picture = self.data.test[index]
            mask = picture.mask() if picture.read_mask else None
            counted = picture.read_counted() if picture.read_counted else None
            return outlined(picture.read(), mask, side, counted, enlarged=enlarged)

        return self._once(("preview", index, side), make)

    def facts(self) -> tuple[Facts, ...]:
        """Size and brightness of all normal images, then of all test images.

        Decodes only images of which nothing is known yet.
        """
        pictures = (*self.data.normal, *self.data.test)
        return self._once(("facts",), lambda: tuple(each.at_a_glance() for each in pictures))

    def near_copies(self) -> list[tuple[Picture, Picture]]:
        """Test images that are nearly a normal image, each with it; decodes all the first time."""
        return self._once(("near copies",), lambda: near_copies(self.data))

    def mask(self, index: int, side: int) -> bytes | None:
        """The mask of a test image, None when it is not known."""

        def make() -> bytes | None:
            mask = self.data.test[index].mask()
            return None if mask is None else mask_picture(mask, side)

        return self._once(("mask", index, side), make)

    def counted(self, index: int, side: int) -> bytes | None:
        """The region of interest of a test image, None for all pixels."""

        def make() -> bytes | None:
            read_counted = self.data.test[index].read_counted
            return None if read_counted is None else mask_picture(read_counted(), side)

        return self._once(("counted", index, side), make)

    def levels(self, assessment: Assessment, low: float, threshold: float) -> Sequence[float]:
        """The scores that the levels of a method's pictures stand for.

        They lie close around the threshold that the method has at first, and reach to its lowest
        and highest score.
        """

        def make() -> list[float]:
            lowest, highest = assessment.extent
            return score_levels(lowest, low, threshold, highest)

        return self._once(("levels", assessment.result.folder), make)

    def image_levels(self, assessment: Assessment) -> Sequence[float]:
        """The thresholds of images between which a decision changes, rising; 256 at the most.

        The last is above every score, so that nothing is flagged. Empty where no score is defined.
        """

        def make() -> list[float]:
            scores = np.unique(assessment.image_scores[np.isfinite(assessment.image_scores)])
            if not len(scores):
                return []
            chosen = np.linspace(0, len(scores) - 1, min(len(scores), MOST_STEPS - 1)).round()
            found = scores[chosen.astype(np.int64)]
            return [*found.tolist(), float(np.nextafter(found[-1], np.float32(np.inf)))]

        return self._once(("image levels", assessment.result.folder), make)

    def scores(
        self, assessment: Assessment, levels: Sequence[float], index: int, side: int
    ) -> bytes:
        """The score map of a test image as levels."""
        return self._once(
            ("scores", assessment.result.folder, index, side),
            lambda: level_picture(assessment.result.maps[index], levels, side),
        )

    def decision(
        self,
        assessment: Assessment,
        index: int,
        threshold: float,
        processing: PostProcessing,
        side: int,
    ) -> bytes:
        """The decided mask of a test image."""
        return self._once(
            ("decision", assessment.result.folder, index, threshold, processing, side),
            lambda: mask_picture(_decided(assessment, index, threshold, processing), side),
        )

    def marked(
        self, assessment: Assessment, index: int, threshold: float, processing: PostProcessing
    ) -> tuple[float, bool]:
        """What the decided mask of a test image covers at full resolution, see `marked_share`."""
        return self._once(
            ("marked", assessment.result.folder, index, threshold, processing),
            lambda: marked_share(
                _decided(assessment, index, threshold, processing), assessment.truths[index]
            ),
        )

    def normal_scores(
        self, picture: Picture, result: MethodResult, place: int, scale: DisplayRange
    ) -> bytes:
        """A normal image under the score map at its place, at the size of a preview."""

        def make() -> bytes:
            laid = overlay(picture.read(), result.normal_maps[place], scale, OPACITY)
            return photograph(laid.astype(np.float32) / np.float32(255), PREVIEW_SIDE)

        return self._once(("normal scores", result.folder, place, scale), make)

    def _once(self, key: tuple[object, ...], make: Callable[[], Made]) -> Made:
        return self.kept.once(None, key, make, _size)


def gallery_of(mine: Session, data: DataSet) -> Gallery:
    """The pictures of a data set; a session keeps those of the latest few."""
    return mine.galleries.once(None, id(data), lambda: Gallery(data))


def _size(made: object) -> float:
    data = made.data if isinstance(made, Photograph) else made
    return len(data) if isinstance(data, bytes) else SMALL


def score_levels(lowest: float, low: float, threshold: float, highest: float) -> list[float]:
    """256 rising scores from the lowest to the highest, dense on the colour scale."""
    below, within, above = LEVELS
    end = low + 4 * (threshold - low)
    points = np.concatenate(
        [
            np.linspace(min(lowest, low), low, below, endpoint=False),
            np.linspace(low, end, within),
            np.linspace(0, 1, above + 1)[1:] ** 2 * max(highest - end, 0) + end,
        ]
    )
    return np.maximum.accumulate(points).tolist()


def _decided(
    assessment: Assessment, index: int, threshold: float, processing: PostProcessing
) -> Mask:
    scores, counted = assessment.result.maps[index], assessment.truths[index].counted
    return decide(scores, threshold, processing, counted=counted)


def _photograph(picture: Picture, side: int) -> Photograph:
    image = picture.read()
    return Photograph(photograph(image, side), image.shape[1], image.shape[0])


def address(data: bytes, *place: object) -> str:
    """Where the browser finds a picture; `place` tells pictures of a page apart."""
    return hosted(data, ".".join(map(str, place)))
