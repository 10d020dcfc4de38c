"""Which normal images look odd: a defective image among them teaches a method that it is normal."""

import numpy as np
from numpy.typing import NDArray

from evaluation.metrics.curves import Scores

LIMIT = 3.5
"""Modified z-score above which a value is an outlier (Iglewicz and Hoaglin)."""
FEWEST = 5
"""Images below which nothing is said."""


def odd(scores: Scores) -> NDArray[np.bool_]:
    """Whether each of the scores (n,) of normal images is unusually high among them.

    By the modified z-score of Iglewicz and Hoaglin, How to detect and handle outliers, 1993,

        0.6745 (s - median) / MAD > 3.5,

    with the median absolute deviation MAD. The scores must be of models that were not trained on
    the image. None with fewer than five images, or where more than half of the scores are equal.
    """
    if len(scores) < FEWEST:
        return np.zeros(len(scores), dtype=bool)
    values = scores.astype(np.float64)
    above = values - np.median(values)
    deviation = float(np.median(np.abs(above)))
    return np.asarray(0.6745 * above > LIMIT * deviation) & (deviation > 0)
