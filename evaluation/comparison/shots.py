"""The images of a learning curve: which normal images are drawn, and what is scored each time."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from evaluation.comparison.comparison import Comparison
from evaluation.comparison.cross_fit import SMALLEST_TESTED
from images.colour import Image, Mask
from images.dataset import GOOD, Picture
from images.errors import AnomalyError
from images.painting.drawn import painted_defect
from images.samples.defects import DEFECTS, Defective

MOST_TESTED = 60
"""Test images that are scored, at most; half of them defective where there are enough."""
PAINTED = 3
"""Normal images on which defects are painted where labels are missing."""


class ShotsError(AnomalyError):
    """No learning curve can be computed; the text is one sentence."""


@dataclass(frozen=True)
class Shots:
    """What is drawn from and what is scored."""

    pool: tuple[Picture, ...]
    """The normal images that are drawn from."""
    tested: tuple[Picture, ...]
    """The images that every model scores."""
    places: tuple[int, ...] | None
    """The places of the tested images among the test images; None where defects are painted."""

    def drawn(self, images: int, draw: int, seed: int) -> list[Picture]:
        """So many normal images; a draw of more of them holds the smaller ones."""
        order = np.random.default_rng([seed, draw]).permutation(len(self.pool))
        return [self.pool[at] for at in sorted(order[:images].tolist())]

    def text(self) -> str:
        """What the accuracy was measured on, in words."""
        if self.places is not None:
            return f"the same {len(self.tested)} labelled test images"
        return (
            f"defects painted on {len(self.tested) // (1 + len(DEFECTS))} normal images that are "
            "held out, since the test images have no labels"
        )


def doublings(most: int) -> tuple[int, ...]:
    """1, 2, 4 and so on below `most`, and `most` itself."""
    return (*(2**step for step in range(most.bit_length()) if 2**step < most), most)


def shots_of(comparison: Comparison) -> Shots:
    """The images of a comparison's learning curve, the same each time.

    The labelled test images are scored, at most `MOST_TESTED` of them. Without two classes and
    without masks, defects are painted on some normal images, which are then not drawn. Raises
    `ShotsError` when there is nothing to draw or to measure.
    """
    normal, test = comparison.data.normal, comparison.data.test
    if not normal:
        raise ShotsError("There are no normal images, so there is nothing to draw from.")
    labels = [picture.defective() for picture in test]
    masked = any(
        label and picture.read_mask is not None for label, picture in zip(labels, test, strict=True)
    )
    if masked or {True, False} <= set(labels):
        places = _balanced(labels, np.random.default_rng(comparison.seed))
        return Shots(normal, tuple(test[place] for place in places), tuple(places))
    held_out = _held_out(comparison)
    pool = tuple(picture for at, picture in enumerate(normal) if at not in held_out)
    painted = [_painted_on(normal[at], normal[at - 1], at) for at in sorted(held_out)]
    return Shots(pool, tuple(picture for each in painted for picture in each), None)


def _balanced(labels: Sequence[bool | None], rng: np.random.Generator) -> list[int]:
    """The places of at most `MOST_TESTED` images, half of them defective as far as there are."""
    good, bad = (
        rng.permutation([at for at, label in enumerate(labels) if label is truth])
        for truth in (False, True)
    )
    most_bad = max(MOST_TESTED // 2, MOST_TESTED - len(good))
    bad = bad[:most_bad]
    return sorted(int(at) for at in (*good[: MOST_TESTED - len(bad)], *bad))


def _held_out(comparison: Comparison) -> set[int]:
    """The places of normal images to paint on; those that share pixels go together."""
    groups: NDArray[np.int64] = np.array(comparison.plan.groups)
    order = np.random.default_rng(comparison.seed).permutation(groups.max() + 1)
    held_out: set[int] = set()
    for group in order:
        members = np.flatnonzero(groups == group).tolist()
        if len(held_out) < PAINTED and len(held_out) + len(members) < len(groups) - 1:
            held_out.update(members)
    if not held_out:
        raise ShotsError(
            "The accuracy cannot be measured: it takes labelled test images, normal and defective, "
            "or masks, or else at least 3 normal images, on one of which defects are painted."
        )
    return held_out


def _painted_on(picture: Picture, other: Picture, seed: int) -> list[Picture]:
    """An image as it is, and with each kind of defect painted on it."""
    if min(picture.read().shape[:2]) < SMALLEST_TESTED:
        raise ShotsError(
            f"The accuracy cannot be measured: the test images have no labels, and {picture.name} "
            f"is too small to paint defects on; expected {SMALLEST_TESTED} pixels or more."
        )
    good = Picture(picture.name, GOOD, picture.read)
    return [good] + [
        Picture(
            f"{picture.name}, {kind}",
            kind,
            partial(_painted_image, picture, other, kind, seed),
            partial(_painted_mask, picture, other, kind, seed),
        )
        for kind in DEFECTS
    ]


def _painted(picture: Picture, other: Picture, kind: str, seed: int) -> Defective:
    return painted_defect(kind, picture.read(), other.read(), np.random.default_rng(seed))


def _painted_image(picture: Picture, other: Picture, kind: str, seed: int) -> Image:
    return _painted(picture, other, kind, seed).image


def _painted_mask(picture: Picture, other: Picture, kind: str, seed: int) -> Mask:
    return _painted(picture, other, kind, seed).mask
