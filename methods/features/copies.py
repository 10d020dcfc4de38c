"""Turned and mirrored copies of normal images, and which of them look normal themselves."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from images.colour import Image
from images.on_demand import OnDemand
from methods.detector import Detector
from methods.progress import Progress, span

Copies = Literal["none", "automatic", "turned"]

FEW = 8
"""Normal images up to which copies are thought of."""
TAIL = 0.05
"""Share of the pixels of held-out images above the score that their copies are compared at."""
MORE_IN_TAIL = 1.5
"""How many times that share a copy may have there and still look normal."""
JUDGED = 2
"""Held-out images whose copies are scored."""

TURNS: Mapping[str, Callable[[Image], Image]] = {
    "mirrored left to right": lambda image: image[:, ::-1],
    "mirrored top to bottom": lambda image: image[::-1],
    "turned by 180°": lambda image: image[::-1, ::-1],
    "turned by 90°": lambda image: np.rot90(image),
    "turned by 270°": lambda image: np.rot90(image, 3),
    "mirrored along one diagonal": lambda image: image.swapaxes(0, 1),
    "mirrored along the other diagonal": lambda image: np.rot90(image, 2).swapaxes(0, 1),
}
"""The symmetries of a square, without the one that changes nothing."""


def turned(image: Image, turn: str) -> Image:
    """A copy of an image; a quarter turn and a mirror along a diagonal exchange its sides."""
    return np.ascontiguousarray(TURNS[turn](image))


def with_copies(images: Sequence[Image], turns: Sequence[str]) -> Sequence[Image]:
    """The images, then all of them with each turn, made when asked for."""
    count = len(images)

    def make(at: int) -> Image:
        which, place = divmod(at, count)
        return images[place] if which == 0 else turned(images[place], turns[which - 1])

    return OnDemand(count * (1 + len(turns)), make)


def normal_turns(
    new_detector: Callable[[], Detector], images: Sequence[Image], progress: Progress
) -> tuple[str, ...]:
    """The turns whose copies look as normal as the images, to a model that saw neither.

    The model is fitted on every other image, or on one half of the only one, and scores `JUDGED` of
    the rest upright and turned. Of the upright pixels a share `TAIL` lies above a score; a turn
    looks normal if no more than `MORE_IN_TAIL` times that share of the turned pixels does.

    Cost: one fit, and a map for each judged image and turn.
    """
    rest, held_out = _divided(images)
    judge = new_detector().fit(rest, progress=span(progress, 0.0, 0.3))
    part = 0.7 / (1 + len(TURNS))
    upright = _scores(judge, held_out, span(progress, 0.3, 0.3 + part))
    limit = np.quantile(upright, 1 - TAIL)
    chosen = []
    for at, turn in enumerate(TURNS, start=1):
        copies = [turned(image, turn) for image in held_out]
        told = span(progress, 0.3 + at * part, 0.3 + (at + 1) * part)
        if (_scores(judge, copies, told) > limit).mean() <= MORE_IN_TAIL * TAIL:
            chosen.append(turn)
    return tuple(chosen)


def _scores(judge: Detector, images: Sequence[Image], progress: Progress) -> NDArray[np.float32]:
    """The scores (n,) of all pixels of some images."""
    count = len(images)
    maps = [
        judge.score_map(image, progress=span(progress, at / count, (at + 1) / count))
        for at, image in enumerate(images)
    ]
    return np.concatenate([scores.ravel() for scores in maps])


def _divided(images: Sequence[Image]) -> tuple[Sequence[Image], list[Image]]:
    """Images to fit on, and images held out."""
    if len(images) > 1:
        held_out = images[1::2]
        return images[::2], [held_out[at] for at in range(min(JUDGED, len(held_out)))]
    (image,) = images
    along = int(image.shape[1] > image.shape[0])
    first, second = np.array_split(image, 2, axis=along)
    return [np.ascontiguousarray(first)], [np.ascontiguousarray(second)]
