"""Normal images that no method learns from: they set thresholds and display scales.

The same pixels are set aside for every method, before anything is fitted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

import numpy as np

from images.colour import Image, Mask
from images.dataset import Picture
from images.errors import ImageError

A = TypeVar("A", Image, Mask)

SHARE = 0.2
FEWEST_WHOLE = 10
NARROWEST_STRIP = 64
"""Pixel rows of a strip, so that methods with large windows find room in it; half of a small image
at the most."""


@dataclass(frozen=True)
class Split:
    """Normal pictures to learn from and normal pictures held out."""

    train: tuple[Picture, ...]
    held_out: tuple[Picture, ...]
    text: str
    """Which images were held out, in a sentence for a person."""


def hold_out(normal: Sequence[Picture], *, share: float = SHARE, seed: int = 0) -> Split:
    """Set aside a share of the normal pictures.

    With ten or more, whole pictures are drawn at random. With fewer, the lowest strip of each is
    set aside, so that every picture is learned from and one odd picture does not decide the
    threshold alone. A strip is a share of the rows in which pixels count.
    """
    count = len(normal)
    if count < FEWEST_WHOLE:
        return Split(
            tuple(_strip(picture, "upper", share) for picture in normal),
            tuple(_strip(picture, "lower", share) for picture in normal),
            f"the lowest part ({share:.0%}) of each of the {count} normal images",
        )
    chosen = np.random.default_rng(seed).choice(count, round(count * share), replace=False)
    held_out = set(chosen.tolist())
    return Split(
        tuple(picture for index, picture in enumerate(normal) if index not in held_out),
        tuple(picture for index, picture in enumerate(normal) if index in held_out),
        f"{len(held_out)} of the {count} normal images, drawn at random",
    )


def _strip(picture: Picture, part: str, share: float) -> Picture:
    read_counted = picture.read_counted
    return Picture(
        f"{picture.name} ({part} part)",
        picture.kind,
        _strip_reader(picture.name, picture.read, read_counted, part, share),
        read_counted=read_counted
        and _strip_reader(picture.name, read_counted, read_counted, part, share),
    )


def _strip_reader(
    name: str,
    read_whole: Callable[[], A],
    read_counted: Callable[[], Mask] | None,
    part: str,
    share: float,
) -> Callable[[], A]:
    def read() -> A:
        whole = read_whole()
        first, stop = 0, len(whole)
        if read_counted is not None:
            first, stop = _counted_rows(read_counted())
        rows = stop - first
        if rows < 2:
            raise ImageError(
                name,
                f"has {rows} row of pixels that count; a part of each normal image is held out "
                f"when there are fewer than {FEWEST_WHOLE}, which takes 2 rows",
            )
        cut = stop - max(round(rows * share), min(NARROWEST_STRIP, rows // 2))
        return cast(A, np.ascontiguousarray(whole[:cut] if part == "upper" else whole[cut:]))

    return read


def _counted_rows(counted: Mask) -> tuple[int, int]:
    """The first row with a pixel that counts and the one after the last; all when none has one."""
    rows = np.flatnonzero(counted.any(axis=1))
    return (int(rows[0]), int(rows[-1]) + 1) if len(rows) else (0, len(counted))
