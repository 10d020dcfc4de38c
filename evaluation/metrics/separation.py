"""How far normal and defective images lie apart in the highest and the mean distance of an image.

The two quantities are d_max and d_mean of Aburakhia, Tayeh, Myers and Shami, A transfer learning
framework for anomaly detection using model of normality, 2020. A method gives them by its scores;
raw pixels give them without any method, as a base line.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.assessment import Assessment, highest_and_mean
from evaluation.comparison.comparison import Comparison
from evaluation.decisions.rules.working_points import WorkingPoint, working_points
from evaluation.decisions.thresholds import Quantity
from evaluation.metrics.curves import Scores
from evaluation.metrics.truth import Truths
from images.colour import Image, to_rgb
from images.dataset import Picture
from images.on_demand import OnDemand
from methods.patches.grid import ScoreMap


@dataclass(frozen=True)
class Separation:
    """Both quantities of every test image, and the six thresholds T1 to T6 on them."""

    title: str
    """What the distances come from: a method or raw pixels."""
    about: str
    """What a distance is and where the thresholds were set, in sentences for a person."""
    names: Sequence[str]
    """Of the test images."""
    labels: Sequence[bool | None]
    """Whether each test image is defective; None when that is unknown."""
    quantities: Mapping[Quantity, Scores]
    """Each (n,), of the test images."""
    points: tuple[WorkingPoint, ...]


def separation_by_method(comparison: Comparison, assessment: Assessment) -> Separation:
    """By the scores of a method. Raises `Undefined` when no normal image was held out."""
    return Separation(
        assessment.result.variant.label,
        "The distance of a pixel is its score. The thresholds were set on "
        f"{assessment.calibration_text}.",
        _names(comparison),
        assessment.labels,
        assessment.test_quantities,
        assessment.working_points,
    )


def separation_by_raw_pixels(comparison: Comparison) -> Separation:
    """By the Euclidean distance of every pixel to what is normal, without any method.

    Where all images have one size, a pixel is compared with the mean of the normal images at its
    position, in a normal image with the mean of the others. Where sizes differ, and with a single
    normal image, it is compared with the mean of all normal pixels. Thresholds are set on all
    normal images. Images are read a few times, one at a time. Raises `Undefined` without normal
    images.
    """
    normal, test = comparison.data.normal, comparison.data.test
    expected = _expected(normal, test)
    of_normal = highest_and_mean(expected.distances(normal, expected.normal_factor), Truths(normal))
    of_test = highest_and_mean(expected.distances(test), Truths(test))
    labels = [picture.defective() for picture in test]
    return Separation(
        "Raw pixels",
        f"{expected.text} The thresholds were set on the normal images.",
        _names(comparison),
        labels,
        of_test,
        working_points(of_normal, of_test, labels),
    )


def _names(comparison: Comparison) -> list[str]:
    return [picture.name for picture in comparison.data.test]


@dataclass(frozen=True)
class _Expected:
    """What a normal pixel looks like."""

    pixels: NDArray[np.float64]
    """(H, W) or (H, W, 3) for each position, () or (3,) for all."""
    colour: bool
    normal_factor: float
    """By which the distance of a normal image grows when it is itself left out of the mean."""
    text: str

    def distances(self, pictures: Sequence[Picture], factor: float = 1.0) -> Sequence[ScoreMap]:
        """The distance (H, W) of every pixel of each picture, times a factor."""

        def distance(at: int) -> ScoreMap:
            apart = _channels(pictures[at], self.colour) - self.pixels
            apart = np.linalg.norm(apart, axis=2) if self.colour else np.abs(apart)
            return (factor * apart).astype(np.float32)

        return OnDemand(len(pictures), distance)


def _expected(normal: Sequence[Picture], test: Sequence[Picture]) -> _Expected:
    shapes = {picture.read().shape for picture in (*normal, *test)}
    colour = any(len(shape) == 3 for shape in shapes)
    count = len(normal)
    if len(shapes) == 1 and count > 1:
        return _Expected(
            _mean_at_positions(normal),
            colour,
            count / (count - 1),
            "The distance of a pixel is measured to the mean of the normal images at its position.",
        )
    text = "The distance of a pixel is measured to the mean of all normal pixels."
    return _Expected(_mean_pixel(normal, colour), colour, 1.0, text)


def _mean_at_positions(normal: Sequence[Picture]) -> NDArray[np.float64]:
    total = normal[0].read().astype(np.float64)
    for picture in normal[1:]:
        total += picture.read()
    return total / len(normal)


def _mean_pixel(normal: Sequence[Picture], colour: bool) -> NDArray[np.float64]:
    """The mean, () or (3,), of the pixels that count."""
    total, pixels = np.zeros(3 if colour else ()), 0
    for picture in normal:
        image = _channels(picture, colour)
        counted = image[picture.read_counted() if picture.read_counted else ...]
        counted = counted.reshape(-1, *total.shape)
        total = total + counted.sum(axis=0, dtype=np.float64)
        pixels += len(counted)
    return total / max(1, pixels)


def _channels(picture: Picture, colour: bool) -> Image:
    image = picture.read()
    return to_rgb(image) if colour else image
