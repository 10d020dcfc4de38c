"""Whether the test images as a whole differ from the normal ones, and how.

Thresholds set on normal images hold for images from the same source. A different light,
magnification or camera shifts the scores of all test images, and then every threshold is wrong.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from images.properties import Properties

BULK = 0.5
"""Share of the test images that must lie outside on one side."""
MARGIN = 0.5
"""By which the range of the normal values is widened on each side, in lengths of that range."""
LEAST_MARGIN = 0.05
"""The same in shares of the value itself, for few or equal normal images."""
WORDS: Mapping[str, tuple[str, str, str]] = {
    "brightness": ("brightness", "darker", "brighter"),
    "contrast": ("contrast", "of lower contrast", "of higher contrast"),
    "noise": ("pixel noise", "less noisy", "noisier"),
    "texture_scale": ("texture scale", "finer in texture", "coarser in texture"),
    "colour": ("colourfulness", "less colourful", "more colourful"),
    "height": ("height in pixels", "lower", "higher"),
    "width": ("width in pixels", "narrower", "wider"),
}  # fmt: skip


def side_of_bulk(normal: NDArray[np.floating], test: NDArray[np.floating]) -> int:
    """-1 or 1 when more than half of the test values lie below or above the normal ones, else 0.

    The range of the normal values is widened by half its length, and by at least 5 % of its largest
    absolute value.
    """
    if not len(normal) or not len(test):
        return 0
    low, high = float(normal.min()), float(normal.max())
    margin = max(MARGIN * (high - low), LEAST_MARGIN * max(abs(low), abs(high)))
    if (test > high + margin).mean() > BULK:
        return 1
    return -1 if (test < low - margin).mean() > BULK else 0


def differences(normal: Sequence[Properties], test: Sequence[Properties]) -> list[str]:
    """In what most test images differ from the normal ones, each as words with both medians."""
    found = []
    for field in fields(Properties):
        ours, theirs = (
            np.array([getattr(one, field.name) for one in images]) for images in (normal, test)
        )
        side = side_of_bulk(ours, theirs)
        if side:
            name, below, above = WORDS[field.name]
            found.append(
                f"{above if side > 0 else below} ({name} {np.median(theirs):.3g}, "
                f"normal images {np.median(ours):.3g})"
            )
    return found


def shift_text(
    shifted: Sequence[str],
    normal: Sequence[Properties],
    test: Sequence[Properties],
    which: str = "test images",
) -> str:
    """The warning for a person, or nothing; `shifted` are the methods whose scores moved.

    `which` is what the images are called.
    """
    if not shifted:
        return ""
    found = differences(normal, test)
    what = (
        f"Most {which} are {', and '.join(found)}."
        if found
        else "Brightness, contrast, noise, texture scale, colour and size are similar, so the "
        "difference has another cause."
    )
    return (
        f"The {which} as a whole differ from the normal images according to "
        f"{', '.join(shifted)}: more than half of them score outside the range of normal images. "
        f"{what} Thresholds set on the normal images are not valid here."
    )
