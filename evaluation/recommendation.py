"""Which methods suit some images, from what is known of them before anything runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from images.alignment import ALIGNED, correlation
from images.dataset import DataSet
from images.words import count
from methods.registry import get, names

ENOUGH_FOR_POSITIONS = 16
"""Normal images from which a Gaussian for each position is worth trying."""
FEW = 4
"""Normal images up to which a method should learn from patches, not from images."""


@dataclass(frozen=True)
class Recommendation:
    """A method that suits, with its parameters and the reason."""

    detector: str
    reason: str
    params: Mapping[str, Any] = field(default_factory=dict)


def described(data: DataSet) -> str:
    """What is known of the images, in a few words: number, size, colour, object or texture.

    One image does not tell whether things are in one place.
    """
    pictures = data.normal or data.test
    image = pictures[0].read()
    height, width = image.shape[:2]
    colour = "colour" if image.ndim == 3 else "grey"
    text = f"{_normal(data)}, {colour}, {width} x {height} pixels"
    if len(pictures) < 2:
        return text
    what = "the same object in one place" if _aligned(data) else "a texture or objects that move"
    return f"{text}, of {what}"


def recommended(data: DataSet) -> Sequence[Recommendation]:
    """Methods in the order in which to try them; only those that are there."""
    if not data.normal:
        found = [
            Recommendation(
                "mutual-scoring",
                "There is no normal image; it compares the test images with each other.",
            )
        ]
        return _known(found if len(data.test) > 1 else [])
    found = [_first(data)]
    if len(data.normal) <= FEW:
        found.append(
            Recommendation(
                "nearest-neighbour",
                f"With {_normal(data)} there is little to estimate a spread "
                "from; it only looks for the most similar normal patch.",
            )
        )
    else:
        found.append(
            Recommendation(
                "gaussian-mixture",
                "A second opinion of the same kind, which allows several kinds of normal.",
            )
        )
    found.append(
        Recommendation(
            "sparse-coding",
            "Needs no pretrained network, so it may see what networks trained on photographs "
            "overlook.",
        )
    )
    return _known(found)


def _first(data: DataSet) -> Recommendation:
    if _aligned(data) and len(data.normal) >= ENOUGH_FOR_POSITIONS:
        return Recommendation(
            "padim",
            f"All {len(data.normal)} normal images show the same object in one place, so each "
            "position can have a model of its own (preset aligned).",
            get("padim").presets.get("aligned", {}) if "padim" in names() else {},
        )
    return Recommendation(
        "padim",
        "The most accurate of the quick methods on the reference sets; one model for "
        "all positions suits images that are not aligned.",
    )


def _known(found: Sequence[Recommendation]) -> Sequence[Recommendation]:
    return [one for one in found if one.detector in names()]


def _normal(data: DataSet) -> str:
    return count(len(data.normal), "normal image")


def _aligned(data: DataSet) -> bool:
    return correlation(data.normal or data.test) >= ALIGNED
