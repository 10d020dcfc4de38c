"""The images that settings are judged on: painted defects on held-out normal images, or labels.

No test image is among them, but for those that a person sets aside. Methods are trained on the
other normal images; images that share pixels are all held out or all trained on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from images.colour import Image, Mask
from images.dataset import DataSet, Picture, Pixels
from images.errors import AnomalyError
from images.painting.kinds import KINDS, Brush, PaintingError, paint_defect
from images.samples.defects import Defective
from images.shared_pixels import groups_of
from images.words import count

DEFAULT_KINDS = tuple(KINDS)
PER_KIND = 3
"""Painted defects of each kind in the search."""
CONFIRMED = 3
"""Times as many others judge the result: two settings alone are judged on them, and the more there
are, the smaller a lead can be told from noise."""
SIZES = (0.15, 0.35, 0.8)
"""Sides of the squares that defects are painted in, as shares of the shorter side of an image."""
CONTRASTS = (0.2, 0.45, 1.0)
HELD_OUT = 0.3
"""Share of the independent normal images that is held out."""
MOST_HELD_OUT = 12
MOST_TRAINED_ON = 60
"""More images would make every trial longer and say little more about its parameters."""
FEWEST_GROUPS = 3
"""Independent normal images below which none can be held out."""


class TuningError(AnomalyError):
    """Nothing can be tuned with what a person gave; the text is one sentence."""


@dataclass(frozen=True)
class Validation:
    """What a method is trained on while it is tuned, and what it is judged on."""

    train: tuple[Picture, ...]
    searched: tuple[Picture, ...]
    """Of the trials; every part of the sequence holds about the same mixture."""
    confirmed: tuple[Picture, ...]
    """Of the default and the best setting in the end: other defects, so that the search cannot have
    picked a setting for them. Labelled images are the same in both."""
    text: str
    """What is in `confirmed`: ``"63 painted defects"``."""


def painted_validation(
    data: DataSet,
    kinds: Sequence[str] = DEFAULT_KINDS,
    *,
    per_kind: int = PER_KIND,
    seed: int = 0,
    on_image: Callable[[], None] = lambda: None,
) -> Validation:
    """Hold out normal images and paint defects on them, of all sizes and contrasts in turn.

    Raises `TuningError` with too few normal images or an unknown kind, and `PaintingError`, which
    names the image, when one is too small.
    """
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown or not kinds:
        raise TuningError(
            f"There is no painted defect of the kind {', '.join(unknown) or '(none)'}; expected "
            f"some of {', '.join(KINDS)}."
        )
    train, held_out = hold_out(data, seed, on_image)
    sets, counts = [], (per_kind, CONFIRMED * per_kind)
    for part in range(len(counts)):
        rng = np.random.default_rng((seed, part))
        painted = _painted(held_out, train, kinds, counts[part], rng, part)
        sets.append(mixed([held_out, *painted]))
    text = f"{counts[1] * len(kinds)} painted defects"
    if tuple(kinds) != DEFAULT_KINDS:
        text += f" ({', '.join(kinds)})"
    return Validation(train, sets[0], sets[1], text)


def labelled_validation(
    data: DataSet,
    aside: Sequence[Picture],
    *,
    seed: int = 0,
    on_image: Callable[[], None] = lambda: None,
) -> Validation:
    """Judge on labelled images that a person has set aside, and on held-out normal images.

    Raises `TuningError` when none of them is known to be defective, or with too few normal images.
    """
    defective = tuple(picture for picture in aside if picture.defective())
    good = tuple(picture for picture in aside if picture.defective() is False)
    if not defective:
        raise TuningError(
            "None of the images that are set aside is labelled as defective; expected at least one."
        )
    train, held_out = hold_out(data, seed, on_image)
    both = mixed([(*held_out, *good), defective])
    labelled = len(defective) + len(good)
    return Validation(train, both, both, count(labelled, "labelled image"))


def set_aside(data: DataSet, places: Sequence[str]) -> tuple[DataSet, tuple[Picture, ...]]:
    """Take test images out of a data set: those in the folders or with the names in `places`.

    Raises `TuningError` for a place without a test image, and when no test image would remain.
    """
    chosen = set()
    for place in places:
        found = {
            picture.name
            for picture in data.test
            if picture.name == place or picture.name.startswith(f"{place.rstrip('/')}/")
        }
        if not found:
            raise TuningError(f"{place!r} is not a folder or the name of test images.")
        chosen |= found
    rest = tuple(picture for picture in data.test if picture.name not in chosen)
    if not rest:
        raise TuningError("All test images are set aside, so none is left to test on.")
    aside = tuple(picture for picture in data.test if picture.name in chosen)
    return replace(data, test=rest), aside


def hold_out(
    data: DataSet, seed: int, on_image: Callable[[], None] = lambda: None
) -> tuple[tuple[Picture, ...], tuple[Picture, ...]]:
    """The normal images to train on and those held out, whole groups at a time, at random.

    Of each known class the same share is held out, and one group stays.
    """
    groups = np.array(groups_of(Pixels(data.normal), on_image), dtype=np.int64)
    parts = len(set(groups.tolist()))
    if parts < FEWEST_GROUPS:
        raise TuningError(
            f"{data.name} has {count(parts, 'independent normal image')}; tuning "
            f"needs {FEWEST_GROUPS} or more, to hold some out."
        )
    held = _drawn(groups, [picture.known_class or "" for picture in data.normal], seed)
    inside = [picture for picture, group in zip(data.normal, groups, strict=True) if group in held]
    rest = [picture for picture, group in zip(data.normal, groups, strict=True)
            if group not in held]  # fmt: skip
    return _spread(rest, MOST_TRAINED_ON), _spread(inside, MOST_HELD_OUT)


def _drawn(groups: NDArray[np.int64], classes: Sequence[str], seed: int) -> set[int]:
    """The groups that are held out, by the groups and the classes of the images."""
    class_of = dict(zip(groups.tolist(), classes, strict=True))
    rng, held = np.random.default_rng(seed), set[int]()
    for name in sorted(set(classes)):
        own = np.array([group for group in sorted(class_of) if class_of[group] == name])
        most = min(max(1, round(HELD_OUT * len(own))), len(own) - 1)
        held.update(own[rng.permutation(len(own))[:most]].tolist())
    return held or {int(rng.choice(sorted(class_of)))}


def mixed(classes: Sequence[Sequence[Picture]]) -> tuple[Picture, ...]:
    """All pictures in one sequence of which every part holds about the same share of each class."""
    placed = [
        ((at + 0.5) / len(pictures), number, picture)
        for number, pictures in enumerate(classes)
        for at, picture in enumerate(pictures)
    ]
    return tuple(picture for _, _, picture in sorted(placed, key=lambda each: each[:2]))


def _painted(
    held_out: Sequence[Picture],
    train: Sequence[Picture],
    kinds: Sequence[str],
    per_kind: int,
    rng: np.random.Generator,
    part: int,
) -> list[list[Picture]]:
    """The painted pictures of each kind; sizes and contrasts are spread evenly over each."""
    painted = []
    for number, kind in enumerate(kinds):
        own = []
        first, second = rng.integers(0, 3, 2).tolist()
        for at in range(per_kind):
            below = held_out[(number + at * len(kinds)) % len(held_out)]
            another = train[int(rng.integers(len(train)))]
            brush = _brush(at, first, second)
            seed = int(rng.integers(2**31))
            name = f"{kind}/{part}-{at}-{below.name}"
            own.append(painted_picture(name, kind, below, another, brush, seed))
        painted.append(own)
    return painted


def _brush(at: int, first: int, second: int) -> Brush:
    """Three in a row have all sizes and all contrasts, nine in a row all pairs of them."""
    size = SIZES[(at + first) % len(SIZES)]
    contrast = CONTRASTS[(at + at // len(SIZES) + second) % len(CONTRASTS)]
    return Brush(size, contrast)


def painted_picture(
    name: str, kind: str, below: Picture, another: Picture, brush: Brush, seed: int
) -> Picture:
    """A picture that is painted each time it is read, always in the same way."""

    def paint() -> Defective:
        counted = below.read_counted() if below.read_counted is not None else None
        rng = np.random.default_rng(seed)
        try:
            return paint_defect(kind, below.read(), another.read(), brush, rng, counted)
        except PaintingError as error:
            raise PaintingError(f"{below.name}: {error}") from error

    return Picture(name, kind, partial(_image, paint), partial(_mask, paint), below.read_counted)


def _image(paint: Callable[[], Defective]) -> Image:
    return paint().image


def _mask(paint: Callable[[], Defective]) -> Mask:
    return paint().mask


def _spread(pictures: Sequence[Picture], most: int) -> tuple[Picture, ...]:
    """At most so many of the pictures, evenly spread over all."""
    if len(pictures) <= most:
        return tuple(pictures)
    places = np.linspace(0, len(pictures) - 1, most).round().astype(int)
    return tuple(pictures[at] for at in places.tolist())
