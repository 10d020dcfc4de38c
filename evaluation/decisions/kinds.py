"""Which kinds of defects a method finds and which it misses."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.decisions.calibration import share_interval


@dataclass(frozen=True)
class FlaggedKind:
    """How many images of one kind are flagged."""

    kind: str
    flagged: int
    images: int
    low: float
    """Lower end of the 95 % interval of the share, by Clopper and Pearson."""
    high: float
    """Upper end."""


def flagged_by_kind(
    flags: NDArray[np.bool_], kinds: Sequence[str | None]
) -> tuple[FlaggedKind, ...]:
    """Count flags (n,) by the kinds of the images, in alphabetical order; unknown ones are out."""
    found = []
    for kind in sorted({kind for kind in kinds if kind is not None}):
        members = np.array([one == kind for one in kinds])
        flagged, images = int(flags[members].sum()), int(members.sum())
        found.append(FlaggedKind(kind, flagged, images, *share_interval(flagged, images)))
    return tuple(found)
