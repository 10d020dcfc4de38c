"""Features averaged over neighbourhoods of several sizes around a patch."""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.ndimage import uniform_filter

from images.colour import Image
from methods.features.patch_features import Band, Patches, PatchFeatures, WrappedFeatures


class Neighbourhoods(WrappedFeatures):
    """The means of other features over squares of cells around each cell, one size after the other.

    `sides` are odd numbers of cells; a side of 1 is the patch itself. At the border of an image its
    cells are mirrored (local neighbourhood aggregation with multiple degrees: Li, Huang, Xue and
    Zhou, MuSc, ICLR 2024, section 3.2). Memory: the rows of a band and of half a neighbourhood.
    """

    def __init__(self, features: PatchFeatures, sides: Sequence[int]) -> None:
        super().__init__(features)
        self.sides = tuple(sides)

    @property
    def border(self) -> int:
        inside = self._features.border
        return inside + max(self.sides) // 2 if inside else 0

    @property
    def parts(self) -> tuple[int, ...]:
        return self._features.parts * len(self.sides)

    def bands(self, image: Image) -> Iterator[Band]:
        rows, columns = self._features.grid(*image.shape[:2]).shape
        half = max(self.sides) // 2
        held: Patches | None = None
        top = done = 0
        """The first row that is held, and the first that is not given out yet."""
        for band in self._features.bands(image):
            held = band.patches if held is None else np.concatenate([held, band.patches])
            end = top + len(held) // columns
            ready = rows if end == rows else end - half
            if ready <= done:
                continue
            around = self._averaged(held[: (end - top) * columns], columns)
            yield Band(
                around[(done - top) * columns : (ready - top) * columns],
                done * columns,
                band.grid,
            )
            done, first = ready, max(0, ready - half)
            held, top = held[(first - top) * columns :], first

    def at(self, image: Image, grid_row: int, grid_col: int) -> Band:
        columns = self.grid(*image.shape[:2]).shape[1]
        cell = grid_row * columns + grid_col
        band = next(band for band in self.bands(image) if cell < band.cells.stop)
        return Band(band.patches[cell - band.first][None], cell, band.grid)

    def picture(self, patch: Patches) -> Image | None:
        return self._features.picture(patch[: len(patch) // len(self.sides)])

    def _averaged(self, patches: Patches, columns: int) -> Patches:
        """Whole rows of patches (n, d) as (n, sides * d)."""
        cells = patches.reshape(-1, columns, patches.shape[1])
        means = [
            cells if side == 1 else uniform_filter(cells, (side, side, 1), mode="reflect")
            for side in self.sides
        ]
        return np.concatenate(means, axis=2).reshape(len(patches), -1)
