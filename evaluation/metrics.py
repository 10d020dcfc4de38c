"""The figures of a method: one list that the table, `results.json` and the dashboard share.

A figure that has no value is None with a reason; it is never 0 and never NaN.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from evaluation.curves import Ranking, Undefined, auroc
from evaluation.regions import PixelRanking


@dataclass(frozen=True)
class Rankings:
    """What figures are made of: the pixels of the test images in order, and the images."""

    pixel: PixelRanking
    image: Ranking


@dataclass(frozen=True)
class Measure:
    """A figure that a method can have; higher is better for all of them."""

    name: str
    """Its key in `results.json`."""
    title: str
    description: str
    """One or two sentences for a person who reads the table."""
    compute: Callable[[Rankings], float]
    """Raises `Undefined` where it has no value."""


@dataclass(frozen=True)
class Figures:
    """The figures of one method, by the names of their measures."""

    values: Mapping[str, float | None]
    undefined: Mapping[str, str]
    """Why a figure is None, for every figure that is."""


MEASURES = (
    Measure(
        "pixel_auroc",
        "Pixel AUROC",
        "The chance that a defective pixel scores above a normal one, over all test pixels whose "
        "truth is known, pooled. Large defects weigh more than small ones.",
        lambda rankings: auroc(rankings.pixel),
    ),
    Measure(
        "image_auroc",
        "Image AUROC",
        "The chance that a defective image scores above a normal one.",
        lambda rankings: auroc(rankings.image),
    ),
)


def figures(rankings: Rankings) -> Figures:
    """All figures of one method."""
    values: dict[str, float | None] = {}
    undefined = {}
    for measure in MEASURES:
        try:
            values[measure.name] = measure.compute(rankings)
        except Undefined as reason:
            values[measure.name] = None
            undefined[measure.name] = str(reason)
    return Figures(values, undefined)
