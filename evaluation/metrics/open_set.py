"""How well known classes are recognised, and unknown ones told from them.

A test image is of a known class, or unknown, or nothing is known of it. A detector recognises an
image as one of the known classes and gives it a score; an image with a score at or above the
threshold is taken for unknown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.metrics.curves import Curve, Scores, Undefined
from images.words import percent

NO_KNOWN = "no test image of a known class"
NO_UNKNOWN = "no test image of an unknown class"


@dataclass(frozen=True)
class Recognised:
    """Images of known and of unknown classes, and what was made of them."""

    classes: tuple[str, ...]
    """The K known classes."""
    truth: NDArray[np.int64]
    """(n,): the number of the class of each image, -1 for an unknown one."""
    guess: NDArray[np.int64]
    """(n,): the number of the class that each is recognised as."""
    scores: Scores
    """(n,)"""
    logits: NDArray[np.float64]
    """(n, K)"""
    names: tuple[str, ...] = ()
    """Of the images, for plots."""

    @classmethod
    def of(
        cls,
        truth: Sequence[str | None],
        logits: Sequence[Mapping[str, float]],
        scores: Scores,
        names: Sequence[str] = (),
    ) -> "Recognised":
        """Of images whose class is in `truth`, None for an unknown one.

        A class without a logit, which a model of a fold may lack, is never guessed.
        """
        classes = tuple(dict.fromkeys(name for each in logits for name in each))
        number = {name: at for at, name in enumerate(classes)}
        values = np.array(
            [[each.get(name, -np.inf) for name in classes] for each in logits], dtype=np.float64
        ).reshape(len(logits), len(classes))
        return cls(
            classes,
            np.array([number.get(each, -1) if each else -1 for each in truth], dtype=np.int64),
            values.argmax(axis=1) if len(values) else np.zeros(0, dtype=np.int64),
            scores,
            values,
            tuple(names),
        )

    @property
    def unknown(self) -> NDArray[np.bool_]:
        """Which images (n,) are of no known class."""
        return self.truth < 0

    @property
    def right(self) -> NDArray[np.bool_]:
        """Which images (n,) are recognised as the class that they belong to."""
        return self.truth == self.guess


def confusion(recognised: Recognised) -> NDArray[np.int64]:
    """Known images by their class (row) and the class that they are recognised as, (K, K)."""
    counts = np.zeros((len(recognised.classes),) * 2, dtype=np.int64)
    known = ~recognised.unknown
    np.add.at(counts, (recognised.truth[known], recognised.guess[known]), 1)
    return counts


def accuracy(recognised: Recognised) -> float:
    """The share of known images that are recognised, whatever their scores.

    Raises `Undefined` without known images.
    """
    return float(_of_known(recognised, recognised.right).mean())


def accepted_accuracy(recognised: Recognised, threshold: float) -> float:
    """The share of known images that are recognised and not taken for unknown.

    The difference to `accuracy` is what false alarms cost. Raises `Undefined` without known images.
    """
    accepted = recognised.right & (recognised.scores < threshold)
    return float(_of_known(recognised, accepted).mean())


def oscr_curve(recognised: Recognised) -> Curve:
    """Correct classification rate over the false positive rate, from (0, 0) to (1, accuracy).

    At a threshold t the first is the share of known images that are recognised with a score below
    t, and the second the share of unknown images with a score below t, which are taken for known
    (Dhamija, Günther and Boult, Reducing network agnostophobia, NeurIPS 2018, equation 7). Points
    are joined by lines, so that a tie of known and unknown images counts half. Raises `Undefined`
    without known or without unknown images.
    """
    _of_known(recognised, recognised.right)
    unknown = recognised.unknown
    if not unknown.any():
        raise Undefined(NO_UNKNOWN)
    levels = np.unique(recognised.scores)
    wrong = np.sort(recognised.scores[unknown])
    right = np.sort(recognised.scores[recognised.right & ~unknown])
    x = np.searchsorted(wrong, levels, side="right") / len(wrong)
    y = np.searchsorted(right, levels, side="right") / np.count_nonzero(~unknown)
    above = np.nextafter(levels, np.float32(np.inf))
    return Curve(
        np.concatenate([[0.0], x]),
        np.concatenate([[0.0], y]),
        np.concatenate([levels[:1], above]).astype(np.float32),
    )


def _of_known(recognised: Recognised, values: NDArray[np.bool_]) -> NDArray[np.bool_]:
    known = ~recognised.unknown
    if not known.any():
        raise Undefined(NO_KNOWN)
    return values[known]


@dataclass(frozen=True)
class Plane:
    """Images as points of a plane."""

    points: NDArray[np.float64]
    """(n, 2)"""
    titles: tuple[str, str]
    """Of both axes."""


def plane_of(recognised: Recognised) -> Plane:
    """The logits in a plane: both of two classes, else two principal components.

    The components are those of the known images, or of all where fewer than three are known; each
    points where its largest weight is positive.
    """
    if len(recognised.classes) == 2:
        first, second = recognised.classes
        return Plane(recognised.logits, (f"Logit of {first}", f"Logit of {second}"))
    known = recognised.logits[~recognised.unknown]
    basis = known if len(known) > 2 else recognised.logits
    middle = basis.mean(axis=0)
    _, strengths, directions = np.linalg.svd(basis - middle, full_matrices=False)
    chosen = directions[:2]
    largest = np.abs(chosen).argmax(axis=1)
    chosen = chosen * np.sign(chosen[np.arange(len(chosen)), largest])[:, None]
    shares = strengths**2 / max(float(np.sum(strengths**2)), 1e-12)
    titles = [f"Principal component {at + 1} ({percent(shares[at])})" for at in range(2)]
    return Plane((recognised.logits - middle) @ chosen.T, (titles[0], titles[1]))
