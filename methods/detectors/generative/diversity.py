"""How many different samples a generator draws, beside how different normal crops are."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from methods.training.crops import Batch

SHARPNESS = 4.0
"""Two crops as far from each other as normal ones are on average have a similarity of exp(-4), so
that nearly all of them count as different."""
COLLAPSED = 0.25
"""Share of the diversity of normal crops below which a generator has collapsed."""


@dataclass(frozen=True)
class Diversity:
    """Effective numbers of different crops among equally many generated and normal ones."""

    generated: float
    normal: float

    @property
    def share(self) -> float:
        """0 for a generator whose samples are all the same, near 1 for one as diverse as normal.

        1 where normal crops are all the same, so that there is nothing to miss.
        """
        return (self.generated - 1) / (self.normal - 1) if self.normal > 1 else 1.0

    @property
    def collapsed(self) -> bool:
        """Whether the samples tell too little of what normal crops look like."""
        return self.share < COLLAPSED


def diversity(generated: Batch, normal: Batch) -> Diversity:
    """The diversity of generated crops (n, channels, side, side) beside that of n normal ones.

    The similarity of crops i and j is exp(-4 d_ij^2 / D) with their squared distance d_ij^2 and the
    mean D of those of all pairs of normal crops.
    """
    own, usual = squared_distances(generated), squared_distances(normal)
    mean = usual.sum() / max(1, len(normal) * (len(normal) - 1))
    if mean == 0:
        return Diversity(1.0, 1.0)
    return Diversity(
        effective_number(np.exp(-SHARPNESS * own / mean)),
        effective_number(np.exp(-SHARPNESS * usual / mean)),
    )


def effective_number(similarity: NDArray[np.float64]) -> float:
    """exp of the entropy of the eigenvalues of K / n, from 1 (all alike) to n (nothing alike).

    K (n, n) holds similarities with ones on its diagonal. Friedman and Dieng, The Vendi score: a
    diversity evaluation metric for machine learning, TMLR 2023, definition 3.1.
    """
    values = np.linalg.eigvalsh(similarity / len(similarity))
    values = values[values > 1e-12]
    return math.exp(-float((values * np.log(values)).sum()))


def squared_distances(crops: Batch) -> NDArray[np.float64]:
    """Squared Euclidean distances (n, n) between crops, exactly zero between equal ones."""
    points = crops.reshape(len(crops), -1).astype(np.float64)
    return np.stack([np.square(points - point).sum(axis=1) for point in points])
