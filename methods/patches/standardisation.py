"""What is normal at a place: mean and spread of normal patches, place by place or shared."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from methods.detector import Array, DetectorError
from methods.features.patch_features import Band, Patches
from methods.models.moments import without_zeros

PRIOR = 8
"""Prior weight, in patches, of the spread over all positions in the estimate at one position."""


@lru_cache(maxsize=8)
def border_zones(shape: tuple[int, int], depth: int) -> NDArray[np.int64]:
    """The zone of every cell of a grid, flattened: one for the inside, the rest along the border.

    Near the border features show that the image ends there, on each side in another way. Cells
    `depth` or more away from it are zone 0; the others are numbered by the nearest side and the
    distance to it, so there are ``1 + 4 * depth`` zones.
    """
    rows, columns = np.indices(shape)
    distances = np.stack([rows, shape[0] - 1 - rows, columns, shape[1] - 1 - columns])
    side, distance = distances.argmin(axis=0), distances.min(axis=0)
    zones = np.where(distance < depth, 1 + side * depth + distance, 0).ravel()
    zones.flags.writeable = False  # since all who ask are given the same
    return zones


class Standardisation:
    """Mean and standard deviation of every feature, over all cells of one kind in normal images.

    With `border` = None every position is a kind of its own, and all images have one size.
    Otherwise positions share one kind, except the `border` outermost cells on each side: see
    `border_zones`. Accumulated in one pass: memory does not grow with the number of images.
    """

    def __init__(self, border: int | None) -> None:
        self.border = border

    def fit(self, bands: Iterable[Band]) -> None:
        """Take in all normal patches. Raises `DetectorError` when positions do not match."""
        shift: NDArray[np.float64] | None = None
        for band in bands:
            if shift is None:
                # Sums of differences from a typical patch keep their digits.
                shift = band.patches.mean(axis=0, dtype=np.float64)
                self.shape_ = np.array(band.grid.shape)
                counts = np.zeros(self._kinds())
                sums, squares = np.zeros((2, len(counts), len(shift)))
            kinds = self._kind_of_cells(band)
            members = csr_array(
                (np.ones(len(kinds)), kinds, np.arange(len(kinds) + 1)),
                shape=(len(kinds), len(counts)),
            ).T
            centred = band.patches - shift
            counts += np.bincount(kinds, minlength=len(counts))
            sums += members @ centred
            squares += members @ centred**2
        assert shift is not None
        here = counts[:, None].clip(1)
        within = squares - sums**2 / here
        everywhere = within.sum(axis=0) / counts.sum()
        means = np.where(counts[:, None] > 0, sums / here, sums.sum(axis=0) / counts.sum())
        spread = np.sqrt((within + PRIOR * everywhere).clip(0) / (counts[:, None] + PRIOR))
        self.mean_ = (shift + means).astype(np.float32)
        self.deviation_ = without_zeros(spread).astype(np.float32)

    def differences(self, band: Band) -> Patches:
        """Patches less the mean of their kind."""
        return band.patches - self.mean_[self._kind_of_cells(band)]

    def standardised(self, band: Band) -> Patches:
        """Patches less the mean of their kind, in standard deviations."""
        return self.differences(band) / self.deviation_[self._kind_of_cells(band)]

    def state(self) -> dict[str, Array]:
        """Everything learned, as arrays."""
        return {"mean": self.mean_, "deviation": self.deviation_, "shape": self.shape_}

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Restore what `state` returned."""
        self.mean_ = arrays["mean"]
        self.deviation_ = arrays["deviation"]
        self.shape_ = arrays["shape"]

    def _kinds(self) -> int:
        return int(self.shape_.prod()) if self.border is None else 1 + 4 * self.border

    def _kind_of_cells(self, band: Band) -> NDArray[np.int64]:
        if self.border is not None:
            return border_zones(band.grid.shape, self.border)[band.cells]
        if band.grid.shape != tuple(self.shape_):
            raise DetectorError(
                f"An image of {band.grid.width} x {band.grid.height} pixels differs in size from "
                "the first normal image; a mean per position needs images of the same size."
            )
        return np.arange(band.cells.start, band.cells.stop)
