"""What a method says about one image in a few words: its decision, and what its map marks.

They are two things. The image is flagged when its score reaches the threshold of images; the map
marks the pixels that reach the threshold of pixels, in flagged images and in others. The words are
those of `dashboard/components/score_maps.js`.
"""

import numpy as np

from evaluation.metrics.truth import Truth
from images.colour import Mask

CALLS = {
    True: ("image missed", "image found"),
    False: ("no alarm", "false alarm"),
    None: ("image not flagged", "image flagged"),
}
"""By whether an image is defective: when it is not flagged, and when it is."""


def call(flagged: bool, defective: bool | None) -> str:
    """The decision about an image whose label is known or not."""
    return CALLS[defective][flagged]


def marked_share(decided: Mask, truth: Truth) -> tuple[float, bool]:
    """The share of the true defect that the decided mask (H, W) of an image covers, and True.

    Of all pixels, and False, where no defect is known pixel by pixel. Only pixels in the region of
    interest are looked at.
    """
    counted = np.ones(decided.shape, bool) if truth.counted is None else truth.counted
    defect = counted & truth.mask if truth.mask is not None else np.zeros_like(counted)
    of_defect = bool(defect.any())
    return float(decided[defect if of_defect else counted].mean()), of_defect


def marked(decided: Mask, truth: Truth) -> str:
    """The same in words."""
    share, of_defect = marked_share(decided, truth)
    if of_defect:
        if share in (0, 1):
            return f"map marks {'the whole' if share else 'none of the'} defect"
        return f"map marks {_percent(share)} of the defect"
    if share in (0, 1):
        return f"map marks {'every pixel' if share else 'nothing'}"
    return f"map marks {_percent(share)} of the pixels"


def _percent(share: float) -> str:
    """A proportion between 0 and 1, neither of which it is."""
    return "under 1 %" if share < 0.01 else f"{min(99, round(100 * share))} %"
