"""Scores of normal images that no fit has seen, from all normal images: cross-fitting.

The normal images are divided into folds. A model that learned from all other folds scores the
images of one fold, so that every normal image is scored by a model that never saw it; the model
that is kept learns from all of them. Images that share pixels stay in one fold.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import repeat
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from images.colour import Image, Mask
from images.dataset import Picture
from images.errors import ImageError
from methods.patches.grid import ScoreMap

Values = TypeVar("Values", ScoreMap, Mask)

FEWEST_FOLDS = 2
MOST_FOLDS = 10
FEWEST_IMAGES = 3
"""Independent images below which parts of images are held out instead of whole ones."""
MOST_CALIBRATED = 200
"""Normal images that are scored, at most; more would cost time and disk and say little more."""


@dataclass(frozen=True)
class Part:
    """A strip across an image: rows or columns from `start` to `stop`."""

    axis: int
    start: int
    stop: int

    def of(self, values: Values) -> Values:
        """What lies in the strip, as a view."""
        strip = slice(self.start, self.stop)
        return values[strip] if self.axis == 0 else values[:, strip]


@dataclass(frozen=True)
class Scored:
    """An image, or a part of it, that a fold holds out."""

    place: int
    """Its place in `CrossFit.calibrated`."""
    part: Part | None = None
    """None for the whole image."""


@dataclass(frozen=True)
class Fold:
    """What one model learns from and what it scores."""

    train: tuple[Picture, ...]
    scored: tuple[Scored, ...]


@dataclass(frozen=True)
class Split:
    """What was drawn at random to divide the normal images, by their places among them."""

    calibrated: tuple[int, ...]
    """The images that are scored, in rising order."""
    members: tuple[tuple[int, ...], ...]
    """The fold of each normal image: first with two folds, then with three, and so on. Empty where
    parts of images are held out, since they are not drawn."""

    @classmethod
    def draw(cls, groups: Sequence[int], seed: int, classes: Sequence[str | None] = ()) -> "Split":
        """A new split of images whose groups are given, and their known classes where there are.

        Classes are spread evenly over the folds.
        """
        return cls(
            _drawn(len(groups), seed),
            tuple(_members(groups, count, seed, classes) for count in _fold_counts(groups)),
        )

    def fits(self, groups: Sequence[int]) -> bool:
        """Whether it can be a split of images whose groups are given."""
        places, counts = set(self.calibrated), _fold_counts(groups)
        return (
            len(places) == min(len(groups), MOST_CALIBRATED)
            and places <= set(range(len(groups)))
            and list(self.calibrated) == sorted(places)
            and len(self.members) == len(counts)
            and all(map(_divides, self.members, counts, repeat(groups)))
        )


def _fold_counts(groups: Sequence[int]) -> range:
    """The numbers of folds that whole images can be divided into; none where there are too few."""
    most = min(MOST_FOLDS, len(set(groups)))
    return range(FEWEST_FOLDS, most + 1) if most >= FEWEST_IMAGES else range(0)


def _divides(folds: Sequence[int], count: int, groups: Sequence[int]) -> bool:
    """Whether images are in `count` folds, those of one group in the same."""
    return (
        len(folds) == len(groups)
        and set(folds) == set(range(count))
        and len(set(zip(groups, folds, strict=True))) == len(set(groups))
    )


def _drawn(count: int, seed: int) -> tuple[int, ...]:
    """The images that are scored, at most `MOST_CALIBRATED` of them."""
    if count <= MOST_CALIBRATED:
        return tuple(range(count))
    drawn = np.random.default_rng(seed).choice(count, MOST_CALIBRATED, replace=False)
    return tuple(sorted(drawn.tolist()))


def _members(
    groups: Sequence[int], count: int, seed: int, classes: Sequence[str | None]
) -> tuple[int, ...]:
    """The fold of each image: groups at random, the largest first, class by class, evened out."""
    sizes = np.bincount(groups)
    class_of = dict(zip(groups, (each or "" for each in classes), strict=False))
    drawn = np.random.default_rng(seed).permutation(len(sizes))
    filled = np.zeros(count, dtype=np.int64)
    fold_of_group = np.empty(len(sizes), dtype=np.int64)
    for group in sorted(drawn.tolist(), key=lambda at: (-sizes[at], class_of.get(at, ""))):
        fold_of_group[group] = filled.argmin()
        filled[fold_of_group[group]] += sizes[group]
    return tuple(fold_of_group[list(groups)].tolist())


@dataclass(frozen=True)
class CrossFit:
    """How the normal images of a comparison are divided; the same for every method.

    A split that is not given is drawn, with `seed`.
    """

    normal: tuple[Picture, ...]
    groups: tuple[int, ...]
    """For each normal image the number of its group; images of one group share pixels."""
    seed: int = 0
    given: Split | None = None

    @cached_property
    def split(self) -> Split:
        """What was drawn at random."""
        return self.given or Split.draw(self.groups, self.seed)

    @cached_property
    def calibrated(self) -> tuple[Picture, ...]:
        """The normal images that are scored: all of them, or 200 drawn at random."""
        return tuple(self.normal[index] for index in self.split.calibrated)

    @property
    def by_parts(self) -> bool:
        """Whether parts of images are held out, since there are too few independent images."""
        return len(set(self.groups)) < FEWEST_IMAGES

    @property
    def most_folds(self) -> int:
        """The largest number of folds that `folds` takes."""
        return MOST_FOLDS if self.by_parts else min(MOST_FOLDS, len(set(self.groups)))

    def folds(self, count: int) -> list[Fold]:
        """The folds, each with a model of its own, that score all calibrated images.

        With three or more groups whole images are held out. With fewer, every image is cut into
        `count` strips across its longer side; a fold holds out one strip of each and learns from
        the images with that strip replaced by its mirrored surroundings, so that sizes stay. With a
        region of interest, the strips divide the area that holds it.
        """
        if self.by_parts:
            return [self._fold_of_parts(number, count) for number in range(count)]
        members = self.split.members[count - FEWEST_FOLDS]
        return [
            Fold(
                tuple(
                    picture
                    for picture, other in zip(self.normal, members, strict=True)
                    if other != number
                ),
                tuple(
                    Scored(place)
                    for place, index in enumerate(self.split.calibrated)
                    if members[index] == number
                ),
            )
            for number in range(count)
        ]

    def text(self, count: int) -> str:
        """Where the calibration scores of a method with that many folds come from.

        No folds stand for a model that was trained on none of the normal images.
        """
        some, total = len(self.calibrated), len(self.normal)
        if total == 0:
            return "no normal images, since there are none"
        if count == 0:
            which = f"all {total}" if some == total else f"{some} of the {total}"
            return f"{which} normal images, scored by a model that was trained on none of them"
        if self.by_parts:
            images = "the normal image" if total == 1 else f"the {total} normal images"
            return (
                f"all parts of {images}, each scored by a model trained on the rest ({count} folds)"
            )
        which = f"all {total}" if some == total else f"{some} of the {total}"
        return (
            f"{which} normal images, each scored by a model that was not trained on it ({count} "
            "folds)"
        )

    def shared_text(self) -> str:
        """What a person should know of images that share pixels, or nothing."""
        sizes = np.bincount(np.array(self.groups, dtype=np.int64))
        sharing = int(sizes[sizes > 1].sum())
        if not sharing:
            return ""
        images = "All" if sharing == len(self.groups) else f"{sharing} of the {len(self.groups)}"
        consequence = (
            "parts of images were held out instead of whole images, so thresholds may be too low"
            if self.by_parts
            else "they are held out together"
        )
        return (
            f"{images} normal images share pixels with another image or are near-duplicates, for "
            f"example overlapping tiles: {consequence}."
        )

    def _fold_of_parts(self, number: int, count: int) -> Fold:
        parts = [self._part(picture, number, count) for picture in self.normal]
        train = (_without(picture, part) for picture, part in zip(self.normal, parts, strict=True))
        scored = (Scored(place, parts[index]) for place, index in enumerate(self.split.calibrated))
        return Fold(tuple(train), tuple(scored))

    @staticmethod
    def _part(picture: Picture, number: int, count: int) -> Part:
        shape = picture.read().shape[:2]
        axis = int(shape[1] > shape[0])
        first, stop = 0, shape[axis]
        if picture.read_counted is not None:
            lines = np.flatnonzero(picture.read_counted().any(axis=1 - axis))
            if len(lines) >= count:
                first, stop = int(lines[0]), int(lines[-1]) + 1
        cuts = np.linspace(first, stop, count + 1).round().astype(int)
        cuts[0], cuts[-1] = 0, shape[axis]
        return Part(axis, int(cuts[number]), int(cuts[number + 1]))


def _without(picture: Picture, part: Part) -> Picture:
    return Picture(
        picture.name,
        picture.kind,
        partial(_read_without, picture, part),
        known_class=picture.known_class,
    )


def _read_without(picture: Picture, part: Part) -> Image:
    """The image with a strip replaced by what lies beside it, mirrored, half from either side."""
    image = picture.read()
    if part.stop - part.start == image.shape[part.axis]:
        raise ImageError(picture.name, "is too small to hold out a part for calibration")
    return np.ascontiguousarray(
        image.take(mirrored_around(part, image.shape[part.axis]), part.axis)
    )


def mirrored_around(part: Part, length: int) -> NDArray[np.int64]:
    """For each line along a side the line that stands there once the strip is replaced."""
    before, after = part.start > 0, part.stop < length
    lines = np.arange(length)
    strip = lines[part.start : part.stop]
    middle = (part.start + part.stop) / 2 if before and after else length * before
    from_before = _bounced(2 * part.start - 1 - strip, 0, max(part.start, 1))
    from_after = _bounced(2 * part.stop - 1 - strip, min(part.stop, length - 1), length)
    lines[part.start : part.stop] = np.where(strip + 0.5 < middle, from_before, from_after)
    return lines


def _bounced(lines: NDArray[np.int64], low: int, high: int) -> NDArray[np.int64]:
    """Lines mirrored at both ends until they lie from `low` to ``high - 1``."""
    span = high - low
    offset = (lines - low) % (2 * span)
    return low + np.minimum(offset, 2 * span - 1 - offset)
